// Asks, while somebody types, for each hint below the form's words: whether others told of the same incident, and what
// the same reporter brought before. Its button asks at once, without a new page, so that chosen photos stay. Without
// this script the button sends the form. Numbers travel in bodies only, and nothing is kept.
const form = document.querySelector("form:has([data-asks])");
const notAsked = document.getElementById("not-asked");
const hints = [...document.querySelectorAll("[data-asks]")].map((shown) => ({
  shown,
  fields: shown.dataset.with.split(" "),
  asked: "",
}));
let waiting = 0;

async function ask(hint, pressed) {
  const typed = new FormData(form);
  const body = new URLSearchParams();
  for (const name of ["csrf", ...hint.fields]) {
    if (typed.get(name)) body.set(name, typed.get(name));
  }
  if (pressed) body.set("do", "check");
  const sent = body.toString();
  if (sent === hint.asked && !pressed) return;
  hint.asked = sent;
  const told = await answerTo(hint.shown.dataset.asks, body);
  // What was typed meanwhile is asked about anew.
  if (sent !== hint.asked) return;
  if (told === null) hint.asked = "";
  if (pressed && told === null) notAsked.hidden = false;
  hint.shown.innerHTML = told ?? "";
}

async function answerTo(address, body) {
  try {
    const answer = await fetch(address, { method: "POST", body });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

function askAll(pressed) {
  clearTimeout(waiting);
  notAsked.hidden = true;
  for (const hint of hints) ask(hint, pressed);
}

form?.addEventListener("input", (event) => {
  if (!hints.some((hint) => hint.fields.includes(event.target.name))) return;
  clearTimeout(waiting);
  waiting = setTimeout(askAll, 700, false);
});

form?.querySelector("button[value=check]").addEventListener("click", (event) => {
  event.preventDefault();
  askAll(true);
});
