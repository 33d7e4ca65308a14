package components_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

const (
	knownRegions = "ap-south-1, ap-southeast-2, ca-central-1, eu-west-1, eu-west-2, us-east-1, us-east-2, us-west-2"
	unlisted     = `HealthLake is known to be offered in ` + knownRegions +
		` only; must be one of them for both providers, or set allowUnlistedRegion to true if AWS now offers HealthLake here`
)

// anywhere allows every region in which HealthLake might be.
func anywhere(a *components.SmartDatastoreArgs) { a.AllowUnlistedRegion = true }

func TestADatastoreLivesInEveryRegionOfHealthLake(t *testing.T) {
	for region := range strings.SplitSeq(knownRegions, ", ") {
		for when, settings := range both {
			if _, err := run(declare(nil), append(settings, inRegion(region))...); err != nil {
				t.Errorf("%s in %s: %v", region, when, err)
			}
		}
	}
}

func TestWhereThereIsNoHealthLakeNothingIsDeclared(t *testing.T) {
	for region, want := range map[string]string{
		"eu-central-1":   `"eu-central-1": ` + unlisted,
		"us-gov-west-1":  `"us-gov-west-1": ` + unlisted,
		"cn-north-1":     `"cn-north-1": HealthLake is not offered in the partition aws-cn; must be one of ` + knownRegions,
		"eusc-de-east-1": `"eusc-de-east-1": HealthLake is not offered in the partition aws-eusc; must be one of ` + knownRegions,
	} {
		for when, settings := range both {
			r, err := run(declare(nil), append(settings, inRegion(region))...)
			want := `SmartDatastore "ehr": the aws provider's region (aws:region): ` + want
			if err == nil || err.Error() != want {
				t.Errorf("%s: got\n%v\nwant\n%s", when, err, want)
			}
			for _, one := range r.resources {
				if one.GetCustom() {
					t.Errorf("%s in %s: %s %q was declared nevertheless", region, when, one.GetType(), one.GetName())
				}
			}
		}
	}
}

func TestAnotherRegionCanBeAllowedButNotAnotherPartition(t *testing.T) {
	for _, region := range []string{"eu-central-1", "us-gov-west-1"} {
		if _, err := run(declare(anywhere), inRegion(region)); err != nil {
			t.Errorf("%s: %v", region, err)
		}
	}
	_, err := run(declare(anywhere), inRegion("cn-northwest-1"))
	if err == nil || !strings.Contains(err.Error(), "HealthLake is not offered in the partition aws-cn") {
		t.Errorf("China: got %v", err)
	}
}

// A provider whose own configuration waits for another resource answers nothing in a
// preview.
func TestARegionThatIsNotKnownYetIsCheckedInTheUpdate(t *testing.T) {
	if _, err := run(declare(nil), inPreview, func(r *recorder) { r.unasked = true }); err != nil {
		t.Errorf("preview: %v", err)
	}
	if _, err := run(declare(nil), func(r *recorder) { r.unasked = true }); err == nil {
		t.Error("update: a provider that does not say its region got through")
	}
}

func TestAProviderThatCannotBeAskedStopsTheProgram(t *testing.T) {
	_, err := run(declare(nil), func(r *recorder) { r.refuses = errors.New("no credentials") })
	if err == nil || !strings.HasPrefix(err.Error(), "asking the aws provider for its partition: ") || !strings.Contains(err.Error(), "no credentials") {
		t.Errorf("got %v", err)
	}
}

func TestAKeyOfAnotherRegionIsRefused(t *testing.T) {
	r, err := run(declare(func(a *components.SmartDatastoreArgs) { a.KMSKeyARN = pulumi.String(givenKey) }), inRegion("eu-west-1"), inPreview)
	const want = `SmartDatastore "ehr": kmsKeyArn: "` + givenKey + `": must be a key in the datastore's region, eu-west-1`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if len(r.of(datastoreType)) > 0 {
		t.Error("a datastore was declared nevertheless")
	}
}

func TestWhatStandsBesideADatastoreIsOfItsRegionToo(t *testing.T) {
	const key, topic = ": must be a key in the datastore's region, eu-west-1", ": must be a topic in the datastore's region, eu-west-1"
	for want, edit := range map[string]func(*components.SmartDatastoreArgs){
		`function.logKmsKeyArn: "` + givenKey + `"` + key: func(a *components.SmartDatastoreArgs) { a.Function.LogKMSKeyARN = pulumi.String(givenKey) },
		`alarms.topicKmsKeyArn: "` + givenKey + `"` + key: func(a *components.SmartDatastoreArgs) {
			a.Alarms = &components.ValidatorAlarmsArgs{TopicKMSKeyARN: pulumi.String(givenKey)}
		},
		`alarms.topicArn: "` + givenTopic + `"` + topic: func(a *components.SmartDatastoreArgs) {
			a.Alarms = &components.ValidatorAlarmsArgs{TopicARN: pulumi.String(givenTopic)}
		},
		`bulkData.kmsKeyArn: "` + givenKey + `"` + key: func(a *components.SmartDatastoreArgs) {
			a.BulkData = &components.BulkDataArgs{KMSKeyARN: pulumi.String(givenKey)}
		},
	} {
		if _, err := run(declare(edit)); err != nil { // where they are
			t.Errorf("us-east-1: %v", err)
		}
		r, err := run(declare(edit), inRegion("eu-west-1"), inPreview)
		if want = `SmartDatastore "ehr": ` + want; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if len(r.of(datastoreType)) > 0 {
			t.Errorf("%s: a datastore was declared nevertheless", want)
		}
	}
}

func TestEveryARNIsOfThePartition(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		full(a)
		anywhere(a)
		a.FrontDoor.CustomDomain.CertificateARN = pulumi.String("arn:aws-us-gov:acm:us-gov-west-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef")
	}, inRegion("us-gov-west-1"))
	for _, one := range r.resources {
		if text := indented(t, one.Inputs); strings.Contains(text, "arn:aws:") {
			t.Errorf("%s %q: an ARN of another partition:\n%s", one.GetType(), one.GetName(), text)
		}
	}
}
