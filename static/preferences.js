// The preferences page with JavaScript: a live preview, the days only when they count, the browser's time zone.
"use strict";
(() => {
  const form = document.querySelector("[data-wishes]");
  if (!form) return;

  const days = form.querySelector("[data-days]");
  const showDays = () => {
    const cadence = form.elements.cadence.value;
    days.hidden = cadence !== "days" && cadence !== "weekly";
  };

  const hint = form.querySelector("[data-browser-zone]");
  const select = form.elements.timezone;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const offerZone = () => {
    const text = hint.querySelector("[data-text]");
    text.textContent = text.dataset.text.replace("{zone}", zone);
    hint.hidden = select.value === zone || ![...select.options].some((option) => option.value === zone);
  };
  hint.querySelector("button").addEventListener("click", () => {
    select.value = zone;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    select.focus();
  });

  // The preview is the page that the button opens without JavaScript; replace() keeps it out of the back button.
  const button = form.querySelector("[data-preview-button]");
  const preview = document.querySelector("[data-preview]");
  const frame = preview && preview.querySelector("iframe");
  let waiting;
  const show = () => {
    const wishes = new FormData(form);
    wishes.delete("csrfmiddlewaretoken");
    frame.contentWindow.location.replace(`${button.formAction.split("?")[0]}?${new URLSearchParams(wishes)}`);
  };
  const showSoon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 400);
  };
  if (preview) {
    preview.hidden = false;
    show();
    button.addEventListener("click", (event) => {
      event.preventDefault();
      show();
      preview.scrollIntoView();
    });
    form.addEventListener("input", showSoon);
  }

  form.addEventListener("change", () => {
    showDays();
    offerZone();
  });
  showDays();
  offerZone();
})();
