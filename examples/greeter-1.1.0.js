// A worker: answers every request with a greeting in the language that the client prefers.
const greetings = { en: "Hello", de: "Hallo", fr: "Bonjour", es: "Hola", ja: "こんにちは" };

export default {
  async fetch(request) {
    const name = new URL(request.url).searchParams.get("name") ?? "world";
    const language = (request.headers.get("accept-language") ?? "en").slice(0, 2);
    const greeting = greetings[language] ?? greetings.en;
    return new Response(`${greeting}, ${name}!\n`, {
      headers: { "content-type": "text/plain; charset=utf-8", "content-language": language },
    });
  },
};
