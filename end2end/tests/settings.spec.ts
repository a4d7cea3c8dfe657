// A person's own settings: the password and the look of the pages.
import { arriveHome, signIn } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";

test("a password is changed by whoever knows the present one @mobile", async ({ page, visit, hub }) => {
  const person = await arriveHome(page, visit, hub);
  const password = `${person.password} again`;
  const change = async (present: string) => {
    await page.getByLabel("Current password").fill(present);
    await page.getByLabel("New password").fill(password);
    await page.getByRole("button", { name: "Change password" }).click();
  };
  await visit.open("/settings/security");
  await expect(page.getByRole("link", { name: "Set one by mail" })).toHaveAttribute("href", "/reset");
  await change("not the right one");
  await expect(page.getByLabel("Current password")).toHaveAttribute("aria-invalid", "true");
  await visit.look("settings-security-refused");
  await change(person.password);
  await expect(page.getByText("The new password is in force.")).toBeVisible();
  await visit.look("settings-security-changed");

  await page.context().clearCookies();
  await signIn(page, visit, { ...person, password });
  await expect(page.getByRole("heading", { level: 1, name: person.company })).toBeVisible();
});

test("the chosen look stays, on this page and the next", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/settings");
  await page.getByRole("main").getByRole("button", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page.getByRole("main").getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
  await visit.open("/connections");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page.getByRole("button", { name: "Theme: Dark" })).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByRole("button", { name: "Theme: Light" })).toHaveAttribute("aria-pressed", "false");
});

test("a form sent after the session ended keeps what was typed, and leads to the sign-in page", async ({ page, visit, hub, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without scripts the sign-in page is the answer");
  await arriveHome(page, visit, hub);
  await visit.open("/apps/new");
  const name = page.getByLabel("Name", { exact: true });
  await name.fill("Invoices");
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Register app" }).click();
  const link = page.getByRole("alert").getByRole("link", { name: "Sign in in a new tab" });
  await expect(link).toHaveAttribute("target", "_blank");
  await expect(name).toHaveValue("Invoices");
});
