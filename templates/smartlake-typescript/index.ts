import * as pulumi from "@pulumi/pulumi";
import * as smartlake from "@smartlake/pulumi";

const ehr = new smartlake.SmartDatastore("ehr", {
    clients: [
        { name: "etl", kind: "service", scopes: ["system/*.rs"] },
        // A browser app. Its users read the record of their own patient:
        // {
        //     name: "app",
        //     kind: "public",
        //     scopes: ["openid", "launch/patient", "patient/*.rs"],
        //     callbackUrls: ["http://localhost:3000/callback"],
        // },
    ],
    frontDoor: {}, // one address for unmodified SMART apps: fhirBaseUrl
    userPool: { mfa: "ON", passwordPolicy: { minimumLength: 12 } },
    // The datastore and the user pool are protected. To delete the stack, set this, run
    // "pulumi up", then "pulumi destroy":
    // protect: false,
    tags: { environment: pulumi.getStack() },
});

// "smartlake smoke", "requests" and "users" read these outputs.
export const fhirBaseUrl = ehr.fhirBaseUrl;
export const datastoreEndpoint = ehr.datastoreEndpoint;
export const discoveryDocument = ehr.discoveryDocument;
export const issuer = ehr.issuer;
export const authorizationEndpoint = ehr.authorizationEndpoint;
export const tokenEndpoint = ehr.tokenEndpoint;
export const revocationEndpoint = ehr.revocationEndpoint;
export const jwksUri = ehr.jwksUri;
export const clientIds = ehr.clientIds;
export const clientSecrets = ehr.clientSecrets; // a Pulumi secret
export const clients = ehr.clients;
export const frontDoor = ehr.frontDoor;
// Once an app has users:
// export const launchContext = ehr.launchContext;
export const userPoolId = ehr.userPoolId;
