// A code from the mail that was tried too often, or replaced, no longer works; the newest one does.
import { fillSignUp, somebody } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";

/** How often a code may be wrong. */
const tries = 5;

test("a code that was guessed at too often has expired, and a new one works @mobile", async ({ page, visit, hub }) => {
  const person = somebody();
  await fillSignUp(page, visit, person);
  await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
  await visit.settled();
  const code = await hub.code(person.email);
  const confirm = async (typed: string) => {
    await page.getByLabel("Code").fill(typed);
    await page.getByRole("button", { name: "Confirm address" }).click();
    await expect(page.getByLabel("Code")).toHaveAttribute("aria-invalid", "true");
    await visit.settled();
  };
  for (let n = 0; n < tries; n += 1) await confirm(code === "000000" ? "000001" : "000000");
  await confirm(code);
  await expect(page.getByText("This code no longer works. Ask for another one.").first()).toBeVisible();
  await visit.look("verify-expired");

  await page.getByRole("button", { name: "Send a new code" }).click();
  await expect(page.getByText("A new code is on its way.")).toBeVisible();
  await visit.look("verify-again");
  await expect.poll(() => hub.code(person.email)).not.toBe(code);
  await confirm(code);
  await page.getByLabel("Code").fill(await hub.code(person.email));
  await page.getByRole("button", { name: "Confirm address" }).click();
  await expect(page.getByRole("heading", { name: "What do you work in?" })).toBeVisible();
});
