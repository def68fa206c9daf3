// Asks, while somebody types, whether others have told of the same incident. Without it the form's button asks.
const form = document.querySelector("form[data-same-incident]");
const shown = document.getElementById("same-incident");
let waiting = 0;
let asked = "";

async function ask() {
  const typed = new FormData(form);
  const body = new URLSearchParams();
  for (const name of ["csrf", "text", "place"]) {
    if (typed.get(name)) body.set(name, typed.get(name));
  }
  if (body.toString() === asked) return;
  asked = body.toString();
  const sent = asked;
  try {
    const answer = await fetch(form.dataset.sameIncident, { method: "POST", body });
    const told = answer.ok ? await answer.text() : "";
    // What was typed meanwhile is asked about anew.
    if (sent === asked) shown.innerHTML = told;
  } catch {
    shown.replaceChildren();
  }
}

form?.addEventListener("input", (event) => {
  if (!["text", "place"].includes(event.target.name)) return;
  clearTimeout(waiting);
  waiting = setTimeout(ask, 700);
});
