// Signing up, in and out, and a forgotten password.
import { latest } from "../fixtures/mail.js";
import { arriveHome, fillSignUp, signIn, signUp, somebody } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";

test("sign up, confirm the address, answer three questions, see what fits, arrive at home @mobile", async ({ page, visit, hub }) => {
  const person = somebody();
  await visit.open("/sign-up");
  await visit.look("sign-up");
  await fillSignUp(page, visit, person);
  await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Sign up again" })).toHaveAttribute("href", "/sign-up");
  await visit.look("verify");

  await page.getByLabel("Code").fill(await hub.code(person.email));
  await page.getByRole("button", { name: "Confirm address" }).click();
  await expect(page.getByRole("heading", { name: "What do you work in?" })).toBeVisible();
  await visit.look("welcome-industry");

  const tiles = page.getByRole("main").getByRole("listitem").getByRole("link");
  await tiles.first().click();
  await expect(page.getByRole("heading", { name: "How many people work there?" })).toBeVisible();
  await visit.look("welcome-size");
  await tiles.first().click();
  await expect(page.getByRole("heading", { name: "Whom do you serve?" })).toBeVisible();
  await visit.look("welcome-kind");
  await page.getByRole("main").locator("button[name=kind]").first().click();

  await expect(page.getByRole("heading", { level: 1, name: "Integrations" })).toBeVisible();
  await visit.look("integrations-for-you");
  await visit.open("/");
  await expect(page.getByRole("heading", { level: 1, name: `Welcome, ${person.company}` })).toBeVisible();
  await expect(page.getByRole("heading", { name: /Get started · 1 of 5/ })).toBeVisible();
  await visit.look("home-new");
});

test("each way in says what it is for @mobile", async ({ page, visit }) => {
  for (const [path, heading, name] of [
    ["/sign-in", "Sign in", "sign-in"],
    ["/reset", "Set a new password", "reset"],
    ["/verify", "Check your mail", "verify-nothing"],
  ] as const) {
    await visit.open(path);
    await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible();
    await visit.look(name);
  }
});

test("the workspace is prepared in the background, step by step", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  await expect(page.getByText("Isolation check")).toBeVisible();
  await expect(page.getByText(/Cache: not configured/)).toBeVisible();
});

test("a wrong code is refused at its field and a right one still works", async ({ page, visit, hub }) => {
  const person = somebody();
  await fillSignUp(page, visit, person);
  await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
  await visit.settled();
  const code = await hub.code(person.email);
  await page.getByLabel("Code").fill(code === "000000" ? "000001" : "000000");
  await page.getByRole("button", { name: "Confirm address" }).click();
  await expect(page.getByLabel("Code")).toHaveAttribute("aria-invalid", "true");
  await visit.settled();
  await page.getByLabel("Code").fill(code);
  await page.getByRole("button", { name: "Confirm address" }).click();
  await expect(page.getByRole("heading", { name: "What do you work in?" })).toBeVisible();
});

test("a weak password is refused at its field, and what was typed stays", async ({ page, visit, javaScriptEnabled }) => {
  const person = { ...somebody(), password: "password1234" };
  await fillSignUp(page, visit, person);
  await expect(page.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Work e-mail")).toHaveValue(person.email);
  // A page that was sent anew must not hold the password; one that stayed still shows what the person typed.
  if (javaScriptEnabled === false) await expect(page.getByLabel("Password")).toHaveValue("");
  await visit.look("sign-up-refused");
});

test("sign out and in again, by the right password only", async ({ page, visit, hub }) => {
  const person = await arriveHome(page, visit, hub);
  await page.getByRole("button", { name: "Sign out" }).filter({ visible: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Your business data");

  await signIn(page, visit, { ...person, password: "not the right one" });
  await expect(page.getByRole("alert")).toBeVisible();
  await visit.look("sign-in-refused");
  await signIn(page, visit, person);
  await expect(page.getByRole("heading", { level: 1, name: person.company })).toBeVisible();
});

test("a forgotten password is replaced with the link from the mail @mobile", async ({ page, visit, hub }) => {
  const person = await signUp(page, visit, hub);
  await page.context().clearCookies();
  await visit.open("/reset");
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByRole("button", { name: "Mail me the link" }).click();
  await expect(page.getByText("Look into your mail")).toBeVisible();
  await visit.look("reset-sent");

  const link = await latest(`${hub.dataDir}/mail`, person.email, /(\/reset\/[A-Za-z0-9_-]+)/);
  await visit.open(link);
  await visit.look("reset-new-password");
  const password = `${person.password} again`;
  await page.getByLabel("New password").fill(password);
  await page.getByRole("button", { name: "Set password" }).click();
  await expect(page.getByRole("heading", { level: 1, name: person.company })).toBeVisible();
  await page.context().clearCookies();
  await signIn(page, visit, { ...person, password });
  await expect(page.getByRole("heading", { level: 1, name: person.company })).toBeVisible();
});
