// What a visitor sees who has no account.
import { arriveHome, typeSignIn } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";

test("the start page says what the product does and leads in @mobile", async ({ page, visit }) => {
  await visit.open("/");
  await expect(page).toHaveTitle("Tributary");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Your business data");
  await visit.look("marketing");

  await page.getByRole("link", { name: "Create a workspace" }).click();
  await expect(page).toHaveURL(/\/sign-up$/);
  await expect(page.getByRole("heading", { name: "Start with Tributary" })).toBeVisible();
});

test("the picture on the start page is there", async ({ page, visit }) => {
  await visit.open("/");
  const source = await page.getByRole("figure").getByRole("img").getAttribute("src");
  const answer = await page.request.get(source ?? "");
  expect(answer.status()).toBe(200);
  expect(answer.headers()["content-type"]).toContain("image/");
});

test("an address that is nobody's says so @mobile", async ({ page, visit }) => {
  const answer = await page.goto("/no-such-page");
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "There is nothing at this address" })).toBeVisible();
  await visit.look("not-found");
});

test("pages behind the sign-in lead there and back", async ({ page, visit, hub }) => {
  const person = await arriveHome(page, visit, hub);
  await page.context().clearCookies();
  await visit.open("/connections?q=shop");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await typeSignIn(page, person);
  await expect(page).toHaveURL(/\/connections\?q=shop$/);
  await expect(page.getByRole("heading", { level: 1, name: "Connections" })).toBeVisible();
});

test("every answer carries the headers that protect its reader", async ({ page }) => {
  const answer = await page.goto("/");
  const headers = answer?.headers() ?? {};
  expect(headers["content-security-policy"]).toMatch(/script-src [^;]*'nonce-/);
  expect(headers["content-security-policy"]).toMatch(/frame-ancestors 'none'/);
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(headers["referrer-policy"]).toBeTruthy();
});
