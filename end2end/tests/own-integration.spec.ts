// An integration that a workspace describes itself: mistakes with their places, the first rows before anything is kept,
// then a tool like any other.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { chooseTables, saveAndRun, testConnection } from "../fixtures/connecting.js";
import { Hub } from "../fixtures/hub.js";
import { arriveHome } from "../fixtures/people.js";
import { expect, test as base } from "../fixtures/test.js";

const TOKEN = "harbour-token-of-the-browser-test";
const PASSWORD = "harbour-password-of-the-browser-test";
const SESSION = "harbour-session-of-the-browser-test";

/** What the harbour answers whoever signs in. */
async function signIn(request: IncomingMessage): Promise<object | null> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const sent = new URLSearchParams(Buffer.concat(parts).toString());
  const known = sent.get("user") === "ana" && sent.get("password") === PASSWORD;
  return known ? { session: { id: SESSION } } : null;
}

/** What it answers whoever asks for ships. */
function ships({ headers }: IncomingMessage): object | null {
  const known = headers.authorization === `Bearer ${TOKEN}` || headers["x-session"] === `sid=${SESSION}`;
  const data = [
    { id: 1, name: "Elbe", tons: 1200 },
    { id: 2, name: "Weser", tons: 800 },
  ];
  return known ? { data } : null;
}

/** A harbour's API, and a hub that may ask it without a certificate. */
const test = base.extend<object, { hub: Hub; harbour: string }>({
  harbour: [
    async ({}, use) => {
      const server: Server = createServer(async (request, response) => {
        const said = request.url === "/login" ? await signIn(request) : ships(request);
        response.writeHead(said ? 200 : 401, { "content-type": "application/json" });
        response.end(JSON.stringify(said ?? { error: "who are you?" }));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      server.close();
    },
    { scope: "worker" },
  ],
  hub: [
    async ({}, use) => {
      const hub = await Hub.start({ TRIBUTARY_ALLOW_HTTP: "1" });
      await use(hub);
      await hub.stop();
    },
    { scope: "worker", timeout: 150_000 },
  ],
});

function document(url: string, paging: string, type = "type: rest"): string {
  return `apis:
  integrations:
    - name: Harbour office
      ${type}
      description: Ships that called at the harbour.
      base_url: ${url}
      authentication: { type: bearer, secret_name: harbour_token }
      endpoints:
        - name: ships
          path: /ships
          records: data
          primary_key: id
          paging: { type: ${paging} }
          fields: { id: integer, name: string, tons: integer }
`;
}

test("from a few lines of YAML to rows @mobile", async ({ page, visit, hub, harbour }) => {
  test.slow();
  await arriveHome(page, visit, hub);
  await visit.open("/integrations");
  await page.getByRole("link", { name: "Describe your own" }).click();
  const text = page.getByRole("textbox", { name: "Integration YAML" });
  await expect(text).toHaveValue(/Harbour office/);
  await visit.look("own-integration-new");

  await text.fill(document(harbour, "pages"));
  await page.getByRole("button", { name: "Check it" }).click();
  await expect(page.getByText("1 mistake to correct")).toBeVisible();
  await expect(page.getByText("Line 13, column 27")).toBeVisible();
  await expect(text).toHaveValue(/type: pages/);
  await visit.look("own-integration-mistake");

  await text.fill(document(harbour, "none"));
  await page.getByRole("button", { name: "Check it" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "ships: GET /ships" })).toBeVisible();
  await expect(page.getByText("It asks for: Harbour token.")).toBeVisible();
  await page.getByLabel("Harbour token", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Show the first rows" }).click();
  await expect(page.getByText("The API refused this token: it answered 401.").first()).toBeVisible();
  await expect(page.getByLabel("Harbour token", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByText("The first rows, read just now")).toBeHidden();
  await page.getByLabel("Harbour token", { exact: true }).fill(TOKEN);
  await page.getByLabel("Harbour token", { exact: true }).press("Enter");
  await expect(page.getByRole("cell", { name: "Weser" })).toBeVisible();
  expect(await page.content()).not.toContain(TOKEN);
  await visit.look("own-integration-tried");

  await page.getByRole("button", { name: "Add it" }).click();
  await expect(page.getByRole("heading", { name: "Connect Harbour office" })).toBeVisible();
  await page.getByLabel("Harbour token", { exact: true }).fill(TOKEN);
  await testConnection(page, visit, "Harbour office");
  await chooseTables(page, visit);
  await saveAndRun(page, visit);
  await expect(page.getByText("Done: 2 rows")).toBeVisible();
  await visit.open("/integrations?view=all&q=harbour");
  await page.getByRole("link", { name: "Harbour office" }).first().click();
  await expect(page.getByText("Described by your workspace")).toBeVisible();
  await visit.look("own-integration");
});

test("one that sends events says so, and has them turned on", async ({ page, visit, hub, harbour }) => {
  test.slow();
  await arriveHome(page, visit, hub);
  await visit.open("/integrations/new");
  const text = page.getByRole("textbox", { name: "Integration YAML" });
  await text.fill(document(harbour, "none", "type: webhook\n      sender: github"));
  await page.getByRole("button", { name: "Check it" }).click();
  await expect(page.getByText("Its events come in by themselves, signed as GitHub does.")).toBeVisible();
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByLabel("Harbour token", { exact: true }).fill(TOKEN);
  await page.getByRole("button", { name: "Test the connection" }).click();
  await expect(page.getByText("1 table", { exact: true })).toBeVisible({ timeout: 30_000 });

  await visit.open("/connections");
  await page.getByRole("link", { name: "Harbour office" }).first().click();
  await expect(page.getByRole("heading", { name: "It can send events" })).toBeVisible();
  await visit.look("own-integration-events");
  await page.getByRole("link", { name: "Turn events on…" }).click();
  await expect(page.getByLabel("Kind of sender")).toHaveValue("github");
  await page.getByRole("button", { name: "Turn events on" }).click();
  await expect(page.getByText(/\/in\//).first()).toBeVisible();
});

test("the form writes the text @mobile", async ({ page, visit, hub, harbour }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/integrations/new?by=form");
  await page.getByLabel("Name", { exact: true }).fill("Pilots");
  await page.getByLabel("Address of the API").fill(harbour);
  await page.getByLabel("Path of the first table").fill("/pilots");
  await expect(page.getByLabel("Name of the header")).toBeHidden();
  await page.getByRole("radio", { name: "With a key in a header" }).check();
  await page.getByLabel("Name of the header").fill("X-Key");
  await visit.look("own-integration-form");
  await page.getByRole("button", { name: "Write it as YAML" }).click();
  await expect(page.getByRole("textbox", { name: "Integration YAML" })).toHaveValue(/name: "Pilots"[^]*header: "X-Key"/);
  await expect(page.getByRole("listitem").filter({ hasText: "pilots: GET /pilots" })).toBeVisible();
});

test("the form tells all that is wrong with it at once", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/integrations/new?by=form");
  await page.getByLabel("Address of the API").fill("https://pilots.example.com");
  await page.getByLabel("Path of the first table").fill("/open pilots#all");
  await page.getByRole("radio", { name: "With a key in a header" }).check();
  await page.getByLabel("Name of the header").fill("X Key:");
  await page.getByRole("button", { name: "Write it as YAML" }).click();
  for (const label of ["Name", "Path of the first table", "Name of the header"]) {
    await expect(page.getByLabel(label, { exact: true })).toHaveAttribute("aria-invalid", "true");
  }
  await expect(page.getByText(/This has a space: take it out/).first()).toBeVisible();
  await expect(page.getByText(/This is no name of a header/).first()).toBeVisible();
  await visit.look("own-integration-form-mistakes");
});

test("the next page says what was replaced, and that nothing changed", async ({ page, visit, hub, harbour }) => {
  await arriveHome(page, visit, hub);
  const add = async (text: string, button: string) => {
    await visit.open("/integrations/new");
    await page.getByRole("textbox", { name: "Integration YAML" }).fill(text);
    await page.getByRole("button", { name: "Check it" }).click();
    await page.getByRole("button", { name: button }).click();
  };
  await add(document(harbour, "none"), "Add it");
  await expect(page.getByRole("heading", { name: "Connect Harbour office" })).toBeVisible();
  const other = document(harbour, "link");
  await add(other, "Replace it");
  await expect(page.getByText("Harbour office was replaced.")).toBeVisible();
  await expect(page.getByText("No connection uses it yet", { exact: false })).toBeVisible();
  await visit.look("own-integration-replaced");
  await add(other, "Add it");
  await expect(page.getByText("Nothing changed.")).toBeVisible();
});

test("the form describes an API where one signs in first", async ({ page, visit, hub, harbour }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/integrations/new?by=form");
  await page.getByLabel("Name", { exact: true }).fill("Tides");
  await page.getByLabel("Address of the API").fill(harbour);
  await page.getByLabel("Path of the first table").fill("/tides");
  await page.getByLabel("Where the answer has the records").fill("data");
  await expect(page.getByLabel("Path that signs in")).toBeHidden();
  await page.getByRole("radio", { name: "By signing in first, for a session" }).check();
  await page.getByLabel("Path that signs in").fill("login");
  await page.getByLabel("User who signs in").fill("ana");
  await page.getByLabel("Field that takes the user").fill("user");
  await page.getByLabel("How both are sent").selectOption("As a form");
  await page.getByLabel("Where the answer has the session").fill("session.id");
  await page.getByLabel("Header that shows it then").fill("X-Session");
  await page.getByLabel("What stands before it in that header").fill("sid=");
  await page.getByLabel("How long it lasts").fill("1 hour");
  await visit.look("own-integration-session");
  await page.getByRole("button", { name: "Write it as YAML" }).click();
  await expect(page.getByText(/This is no duration like PT1H/).first()).toBeVisible();
  await expect(page.getByLabel("How long it lasts")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("User who signs in")).toHaveValue("ana");
  await page.getByLabel("How long it lasts").fill("PT1H");
  await page.getByRole("button", { name: "Write it as YAML" }).click();

  const text = page.getByRole("textbox", { name: "Integration YAML" });
  await expect(text).toHaveValue(/type: session_token, login_path: "\/login", login_form: \{ "user": "ana", "password"/);
  await expect(page.getByText("It asks for: Password.")).toBeVisible();
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Show the first rows" }).click();
  await expect(page.getByRole("cell", { name: "Weser", exact: true })).toBeVisible();
  expect(await page.content()).not.toContain(PASSWORD);
});
