// Copying from within a frame, where the newer interface is often not allowed.

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const held = document.activeElement;
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "hidden";
  box.setAttribute("aria-hidden", "true");
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  held?.focus();
  if (!done) throw new Error("the browser refuses to copy");
  return true;
}
