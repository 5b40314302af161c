// Says when newer decisions have come. Reading needs none of this.
const news = document.getElementById("news");
const PAUSE = 5000;

async function look() {
  if (!document.hidden) {
    try {
      const answer = await fetch(news.dataset.ask, { headers: { Accept: "application/json" }, redirect: "error" });
      if (answer.ok) tell(await answer.json());
    } catch { /* the next time, perhaps */ }
  }
  setTimeout(look, PAUSE);
}

let told = 0;
function tell({ count, more }) {
  if (count === told) return;
  told = count;
  const link = document.createElement("a");
  link.href = location.pathname + location.search;
  link.textContent = `${more ? "More than " : ""}${count} newer ${count === 1 ? "decision" : "decisions"}: show`;
  news.replaceChildren(link);
}

if (news?.dataset.ask) setTimeout(look, PAUSE);
