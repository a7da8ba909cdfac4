// nodemailer at its best: a pool of five connections and base64 bodies (quoted-printable costs it twice as much).
import { readFileSync } from "node:fs";
import nodemailer from "nodemailer";

const [port, count] = process.argv.slice(2).map(Number);
const letter = JSON.parse(readFileSync("letter.json", "utf8"));
const transport = nodemailer.createTransport({
  host: "127.0.0.1", port, pool: true, maxConnections: 5, maxMessages: Infinity, ignoreTLS: true,
});
const cpu = process.cpuUsage(), started = process.hrtime.bigint();
let next = 0;

async function sendOn() {
  while (next < count) {
    const number = next++;
    const token = `token-of-reader-${String(number).padStart(8, "0")}-abcdefghijklmnop`;
    await transport.sendMail({
      from: "digest@papers.example",
      to: `reader${number}@host${number % 50}.example`,
      subject: letter.subject,
      text: letter.text.replaceAll("TOKEN", token),
      html: letter.html.replaceAll("TOKEN", token),
      textEncoding: "base64",
      encoding: "base64",
      headers: { "List-Unsubscribe": `<https://papers.example/u/${token}/>` },
    });
  }
}

await Promise.all(Array.from({ length: 10 }, sendOn));
const used = process.cpuUsage(cpu), seconds = Number(process.hrtime.bigint() - started) / 1e9;
transport.close();
console.log(JSON.stringify({ cpu_s: (used.user + used.system) / 1e6, seconds }));
