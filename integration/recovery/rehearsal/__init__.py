"""Practice on failures: an exercise, and which of the five steps of a recovery a reply to it shows. Nothing is kept."""
