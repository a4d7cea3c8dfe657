// Nobody learns from the sign-up page who has an account; the owner of the address learns it by mail.
import type { Page } from "@playwright/test";

import { latest } from "../fixtures/mail.js";
import { type Person, arriveHome, fillSignUp, somebody } from "../fixtures/people.js";
import { type Visit, expect, test } from "../fixtures/test.js";

test("signing up with an address that has an account looks like any sign-up", async ({ page, visit, hub }) => {
  const known = await arriveHome(page, visit, hub);
  const stranger = await afterSignUp(page, visit, somebody());
  const again = await afterSignUp(page, visit, { ...somebody(), email: known.email });
  expect(again).toBe(stranger);
  await latest(`${hub.dataDir}/mail`, known.email, /(There is an account for it already)/);
});

/** All the words of the page that follows, the address taken out. */
async function afterSignUp(page: Page, visit: Visit, person: Person): Promise<string> {
  await page.context().clearCookies();
  await fillSignUp(page, visit, person);
  await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
  return (await page.locator("body").innerText()).replaceAll(person.email, "the address");
}
