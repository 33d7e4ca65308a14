// What the two apps here share: their registration from the environment, and the user's
// browser, which is the test's. It gets an address on a line, and says on another line where
// the user was sent back to.
import { createInterface } from "node:readline";

export const { BASE, CLIENT_ID, CLIENT_SECRET, AUTHENTICATION, REDIRECT_URI, SCOPE } = process.env;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export async function signIn(address) {
  console.log(JSON.stringify({ address: address.href }));
  return new URL((await lines.next()).value);
}

// parameters that SMART adds to a request for authorization.
export const smart = { aud: BASE };

export function end(result) {
  console.log(JSON.stringify({ result }));
  process.exit(0);
}
