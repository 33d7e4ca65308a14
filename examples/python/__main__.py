import pulumi
import pulumi_smartlake as smartlake

config = pulumi.Config()

ehr = smartlake.SmartDatastore(
    "ehr",
    clients=[
        smartlake.ClientArgs(name="etl", kind=smartlake.ClientKind.SERVICE, scopes=["system/*.read"]),
        smartlake.ClientArgs(
            name="app",
            kind=smartlake.ClientKind.PUBLIC,
            scopes=["openid", "launch/patient", "patient/*.rs"],
            callback_urls=["http://localhost:3000/callback"],
        ),
    ],
    # A secret stays one: pulumi config set --secret testPassword
    test_users=[
        smartlake.TestUserArgs(
            username="ann", email="ann@example.org", password=config.require_secret("testPassword"), patient="123"
        ),
    ],
    front_door=smartlake.FrontDoorSettingsArgs(),  # one address for unmodified SMART apps: fhir_base_url
    user_pool=smartlake.UserPoolArgs(mfa=smartlake.MFA.OPTIONAL),
    tags={"environment": pulumi.get_stack()},
)

pulumi.export("fhirBaseUrl", ehr.fhir_base_url)
pulumi.export("issuer", ehr.issuer)
pulumi.export("clientIds", ehr.client_ids)
pulumi.export("clientSecrets", ehr.client_secrets)
