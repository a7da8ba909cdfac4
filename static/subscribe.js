// The sign-up page with JavaScript: live preview, topic search, the browser's time zone, a question about slips.
"use strict";
(() => {
  const form = document.querySelector("[data-sign-up]");
  if (!form) return;
  const chosen = () => [...form.querySelectorAll("[name=topics]:checked")].map((box) => box.value);

  // --- Preview
  const preview = document.querySelector("[data-preview]");
  if (preview) {
    const frame = preview.querySelector("iframe");
    const [phone, dark] = preview.querySelectorAll("[aria-pressed]");
    const isPressed = (button) => button.getAttribute("aria-pressed") === "true";
    dark.setAttribute("aria-pressed", matchMedia("(prefers-color-scheme: dark)").matches);
    let waiting;
    const show = () => {
      const query = new URLSearchParams(chosen().map((slug) => ["topics", slug]));
      query.set("language", document.documentElement.lang);
      query.set("theme", isPressed(dark) ? "dark" : "light");
      // replace(): the back button leads out of the page, not through every chip that was pressed.
      frame.contentWindow.location.replace(`${preview.dataset.url}?${query}`);
    };
    const soon = () => {
      clearTimeout(waiting);
      waiting = setTimeout(show, 300);
    };
    form.addEventListener("change", (event) => event.target.name === "topics" && soon());
    preview.querySelector("[data-switch]").hidden = false;
    [phone, dark].forEach((button) => button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", !isPressed(button));
      preview.classList.toggle("preview--phone", isPressed(phone));
      if (button === dark) show();
    }));
    form.querySelector("[data-show]").hidden = true;
  }

  // --- Topic search
  const topics = form.querySelector("[data-topics]");
  const find = topics.querySelector("[data-find]");
  const more = topics.querySelector("details");
  const chips = [...topics.querySelectorAll(".chips li")];
  find.hidden = chips.length < 12;
  find.querySelector("input").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    if (wanted && more) more.open = true;
    chips.forEach((chip) => {
      chip.hidden = !chip.textContent.toLowerCase().includes(wanted) && !chip.querySelector("input").checked;
    });
    topics.querySelector("[data-none]").hidden = chips.some((chip) => chip.textContent.toLowerCase().includes(wanted));
  });
  find.querySelector("input").addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());

  // --- When: the browser knows where it is
  const { hour, timezone, email, sure } = form.elements;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (timezone.value === "UTC" && [...timezone.options].some((option) => option.value === zone)) timezone.value = zone;
  const when = form.querySelector("[data-when]");
  const tell = () => {
    when.textContent = `${hour.selectedOptions[0].text} · ${timezone.selectedOptions[0].text}`;
  };
  form.addEventListener("change", tell);
  tell();

  // --- Slips in the address: one letter left out, added, mistaken or swapped
  const domains = form.dataset.domains.split(" ");
  const isOneSlip = (a, b) => {
    if (a === b || Math.abs(a.length - b.length) > 1) return false;
    let i = 0;
    while (i < Math.min(a.length, b.length) && a[i] === b[i]) i += 1;
    const [rest, wanted] = [a.slice(i), b.slice(i)];
    const isSwap = rest[0] === wanted[1] && rest[1] === wanted[0] && rest.slice(2) === wanted.slice(2);
    return isSwap || rest.slice(1) === wanted || rest === wanted.slice(1) || rest.slice(1) === wanted.slice(1);
  };
  const real = ["mail.com", "email.com", "ymail.com", "gmx.com", "gmx.at", "gmx.ch", "live.de", "126.com"];
  const slip = form.querySelector("[data-slip]");
  const meant = () => {
    const [local, domain] = email.value.trim().toLowerCase().split("@");
    if (!domain || domains.includes(domain) || real.includes(domain)) return "";
    const likely = domains.find((known) => isOneSlip(domain, known));
    return likely ? `${local}@${likely}` : "";
  };
  email.addEventListener("blur", () => {
    const likely = meant();
    slip.hidden = !likely;
    if (!likely) return;
    const text = slip.querySelector("[data-text]");
    text.textContent = text.dataset.text.replace("{address}", likely);
    sure.value = email.value; // asked here, so not asked again after the press of the button
  });
  slip.querySelector("button").addEventListener("click", () => {
    email.value = meant();
    slip.hidden = true;
    email.focus();
  });
})();
