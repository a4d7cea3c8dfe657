// What scripts alone do at the page of a workspace's own integration: tabs, the focus, and a form that is on its way.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { Hub } from "../fixtures/hub.js";
import { arriveHome } from "../fixtures/people.js";
import { expect, test as base } from "../fixtures/test.js";

/** An API that never answers, and a hub that may ask it without a certificate. */
const test = base.extend<object, { hub: Hub; silent: string }>({
  silent: [
    async ({}, use) => {
      const server: Server = createServer(() => undefined);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      server.closeAllConnections();
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

function document(url: string): string {
  return `apis:
  integrations:
    - name: Quiet office
      type: rest
      base_url: ${url}
      endpoints: [{ name: ships, path: /ships }]
`;
}

test("the tabs lead to the form and back after a check", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/integrations/new");
  const text = page.getByRole("textbox", { name: "Integration YAML" });
  await text.fill(document("https://api.example.com"));
  await page.getByRole("button", { name: "Check it" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "ships: GET /ships" })).toBeVisible();
  await visit.settled();
  await page.getByRole("link", { name: "By a form" }).click();
  await expect(page.getByLabel("Address of the API")).toBeVisible();
  await expect(text).toBeHidden();
  await page.getByRole("link", { name: "As YAML" }).click();
  await expect(text).toHaveValue(/Quiet office/);
});

test("mistakes take the focus, in the text and in the form", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/integrations/new");
  await page.getByRole("textbox", { name: "Integration YAML" }).fill("nonsense");
  await page.getByRole("button", { name: "Check it" }).click();
  await expect(page.getByText("1 mistake to correct")).toBeVisible();
  await visit.settled();
  await expect(page.locator("#own-mistakes")).toBeFocused();
  await visit.open("/integrations/new?by=form");
  await page.getByRole("button", { name: "Write it as YAML" }).click();
  await expect(page.getByText("Enter the address of the API").first()).toBeVisible();
  await visit.settled();
  await expect(page.locator("#api-errors")).toBeFocused();
});

test("a try shows that it is on its way, and ends in words", async ({ page, visit, hub, silent }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/integrations/new");
  await page.getByRole("textbox", { name: "Integration YAML" }).fill(document(silent));
  await page.getByRole("button", { name: "Check it" }).click();
  await expect(page.getByText("It asks for no secret.")).toBeVisible();
  await visit.settled();
  const button = page.getByRole("button", { name: "Show the first rows" });
  // Nothing can be asked of a page that is on its way to the next: it writes down itself what it showed meanwhile.
  await button.evaluate((element) => {
    const note = () => {
      const says = window.document.body.innerText.includes("Asking the API.");
      if (element.getAttribute("aria-busy") === "true" && says) sessionStorage.setItem("was-busy", "yes");
    };
    new MutationObserver(note).observe(window.document.body, { attributes: true, childList: true, characterData: true, subtree: true });
  });
  await button.click({ noWaitAfter: true });
  await expect(page.getByText("The API gave no answer within 10 seconds.")).toBeVisible({ timeout: 20_000 });
  expect(await page.evaluate(() => sessionStorage.getItem("was-busy"))).toBe("yes");
  await expect(page.getByRole("textbox", { name: "Integration YAML" })).toHaveValue(/Quiet office/);
});

test("a text that changes after its check says so, and is not lost", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/integrations/new");
  const text = page.getByRole("textbox", { name: "Integration YAML" });
  const quiet = document("https://api.example.com");
  const loud = quiet.replace("Quiet", "Loud");
  await text.fill(quiet);
  await page.getByRole("button", { name: "Check it" }).click();
  await expect(page.getByRole("heading", { name: "Quiet office" })).toBeVisible();
  await visit.settled();
  const seen = page.locator("#own-reading > div").first();
  const said = page.getByText("The text has changed: check it again.");
  await expect(seen).not.toHaveClass(/opacity/);
  await text.fill(loud);
  await expect(seen).toHaveClass(/opacity/);
  await expect(said).toBeVisible();
  await text.fill(quiet);
  await expect(seen).not.toHaveClass(/opacity/);
  await expect(said).toBeHidden();

  await text.fill(loud);
  await page.getByRole("link", { name: "By a form" }).click();
  await expect(page.getByLabel("Address of the API")).toBeVisible();
  await page.getByRole("link", { name: "As YAML" }).click();
  await expect(text).toHaveValue(/Loud office/);
  await expect(said).toBeVisible();
  await page.getByRole("button", { name: "Add it" }).click();
  await expect(page.getByText("The text has changed since it was checked.")).toBeVisible();
  await visit.settled();
  await expect(page.locator("#own-changed")).toBeFocused();
  await expect(text).toHaveValue(/Loud office/);
  await expect(page.getByRole("heading", { name: "Loud office" })).toBeVisible();
  await page.getByRole("button", { name: "Add it" }).click();
  await expect(page.getByRole("heading", { name: "Connect Loud office" })).toBeVisible();
});
