import * as pulumi from "@pulumi/pulumi";
import * as smartlake from "@smartlake/pulumi";

const config = new pulumi.Config();

const ehr = new smartlake.SmartDatastore("ehr", {
    clients: [
        { name: "etl", kind: "service", scopes: ["system/*.read"] },
        {
            name: "app",
            kind: "public",
            scopes: ["openid", "launch/patient", "patient/*.rs"],
            callbackUrls: ["http://localhost:3000/callback"],
        },
    ],
    // A secret stays one: pulumi config set --secret testPassword
    testUsers: [
        { username: "ann", email: "ann@example.org", password: config.requireSecret("testPassword"), patient: "123" },
    ],
    frontDoor: {}, // one address for unmodified SMART apps: fhirBaseUrl
    userPool: { mfa: "OPTIONAL" },
    tags: { environment: pulumi.getStack() },
});

export const fhirBaseUrl = ehr.fhirBaseUrl;
export const issuer = ehr.issuer;
export const clientIds = ehr.clientIds;
export const clientSecrets = ehr.clientSecrets;
