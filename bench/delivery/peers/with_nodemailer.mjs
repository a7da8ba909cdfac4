// nodemailer at its best: a pool of five connections and base64 bodies (quoted-printable costs it twice as much).
import { readFileSync } from "node:fs";
import nodemailer from "nodemailer";

const [port, count] = process.argv.slice(2).map(Number);
const letter = JSON.parse(readFileSync("letter.json", "utf8"));
const site = "https://papers.example";
const transport = nodemailer.createTransport({
  host: "127.0.0.1", port, pool: true, maxConnections: 5, maxMessages: Infinity, ignoreTLS: true,
});

const escaped = (text) =>
  String(text).replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" })[c]);
const firstWords = (text) => {
  const words = text.split(/\s+/);
  return words.length > 60 ? words.slice(0, 60).join(" ") + " …" : text;
};
const byline = (paper) => {
  const more = paper.authors.length > 3 ? ` and ${paper.authors.length - 3} more` : "";
  return `${paper.authors.slice(0, 3).join(", ")}${more} · ${paper.topics.slice(0, 2).join(", ")}`;
};
const htmlCard = (paper, token) => {
  const click = (n) => `${site}/c/${token}/${paper.number}${n}/`;
  const act = (name) => `${site}/f/${token}/${paper.number}/${name}/`;
  const links = paper.links.map((link, n) => `<a href="${click(n + 1)}">${escaped(link.name)}</a>`).join(" · ");
  return `<h2 class="r" dir="auto"><a href="${click(0)}">${escaped(paper.title)}</a></h2>
<p class="k">${escaped(byline(paper))}${paper.why ? `<br><b class="a">●</b> ${escaped(paper.why)}` : ""}</p>
${paper.abstract ? `<p dir="auto">${escaped(firstWords(paper.abstract))}</p>\n` : ""}<p class="k u">${paper.votes ? `▲ ${paper.votes} · ` : ""}${links}&emsp;<span><a href="${act("upvote")}">upvote</a> · <a href="${act("more")}">more like this</a> · <a href="${act("less")}">less</a></span></p>
`;
};
const textCard = (paper, token) => {
  const click = (n) => `${site}/c/${token}/${paper.number}${n}/`;
  const act = (name) => `${site}/f/${token}/${paper.number}/${name}/`;
  return `* ${paper.title}
${byline(paper)}${paper.votes ? ` · ▲ ${paper.votes}` : ""}
${paper.why ? `(${paper.why})\n` : ""}${paper.abstract ? firstWords(paper.abstract) + "\n" : ""}${click(0)}
${paper.links.map((link, n) => `${link.name}: ${click(n + 1)}\n`).join("")}upvote: ${act("upvote")}
more like this: ${act("more")}
less: ${act("less")}

`;
};
const body = (part, card, token) =>
  letter[part].replaceAll("TOKEN", token).replace("CARDS", () => letter.papers.map((paper) => card(paper, token)).join(""));

const cpu = process.cpuUsage(), started = process.hrtime.bigint();
let next = 0;

async function sendOn() {
  while (next < count) {
    const number = next++;
    const token = `token-of-reader-${String(number).padStart(8, "0")}-abcdefghijklmnopqrs`;
    await transport.sendMail({
      from: "digest@papers.example",
      to: `reader${number}@host${number % 50}.example`,
      subject: letter.subject,
      text: body("text", textCard, token),
      html: body("html", htmlCard, token),
      textEncoding: "base64",
      encoding: "base64",
      headers: { "List-Unsubscribe": `<${site}/u/${token}/>` },
    });
  }
}

await Promise.all(Array.from({ length: 10 }, sendOn));
const used = process.cpuUsage(cpu), seconds = Number(process.hrtime.bigint() - started) / 1e9;
transport.close();
console.log(JSON.stringify({ cpu_s: (used.user + used.system) / 1e6, seconds }));
