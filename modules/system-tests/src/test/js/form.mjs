// Uploads a file as a form, as a browser does: form.mjs URL FILENAME VERSION FILE NAME-OF-THE-PART; prints status and body.
import { readFile } from "node:fs/promises";

const [url, filename, version, path, part] = process.argv.slice(2);
const form = new FormData();
form.append("file", new File([await readFile(path)], part, { type: "text/javascript" }));
form.append("version", version);
form.append("filename", filename);
const answer = await fetch(url, { method: "POST", body: form });
console.log(answer.status, await answer.text());
