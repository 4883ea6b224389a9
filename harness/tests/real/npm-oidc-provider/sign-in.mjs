// Signs a user in as a browser would: sends off the forms of the provider's pages, and prints the URL where the browser is
// sent at the end. Knows the pages for development of oidc-provider, and the sign-in page of Keycloak.
//
//   node sign-in.mjs URL [USER PASSWORD]

const start = new URL(process.argv.at(-1));
const [user, password] = process.argv.length > 3 ? process.argv.slice(2, 4) : ["somebody", "any"];
const jar = new Map();

async function visit(url, form) {
  const response = await fetch(url, {
    method: form ? "POST" : "GET",
    body: form && new URLSearchParams(form),
    redirect: "manual",
    headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
  });
  for (const field of response.headers.getSetCookie()) {
    const [pair] = field.split(";");
    const at = pair.indexOf("=");
    jar.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return response;
}

/** Where the first form of a page goes, and what is in it; nothing where the page has no form. */
function formOf(page, url) {
  const form = /<form\b([^>]*)>([\s\S]*?)<\/form>/i.exec(page);
  if (!form) return undefined;
  const attribute = (tag, name) => new RegExp(`\\b${name}="([^"]*)"`, "i").exec(tag)?.[1]?.replaceAll("&amp;", "&");
  const fields = {};
  for (const [tag] of form[2].matchAll(/<input\b[^>]*>/gi)) {
    const name = attribute(tag, "name");
    if (!name) continue;
    if (/^(login|username)$/.test(name)) fields[name] = user;
    else if (name === "password") fields[name] = password;
    else if (attribute(tag, "type") === "hidden") fields[name] = attribute(tag, "value") ?? "";
  }
  return { action: new URL(attribute(form[1], "action") ?? "", url), fields };
}

let url = start;
for (let steps = 0; steps < 20; steps += 1) {
  let response = await visit(url);
  if (response.status === 200) {
    const form = formOf(await response.text(), url);
    if (!form) break;
    response = await visit(form.action, form.fields);
  }
  const location = response.headers.get("location");
  if (!location) break;
  url = new URL(location, url);
  if (url.origin !== start.origin) {
    console.log(url.href);
    process.exit(0);
  }
}
console.error("the provider sent nobody anywhere");
process.exit(1);
