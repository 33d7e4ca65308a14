package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/iampolicy"
)

// topic returns the ARN of the topic that is told of alarms, the given one or one
// that is created here, and what must be there before CloudWatch can publish to it.
func (a ValidatorAlarmsArgs) topic(s site) (pulumi.StringOutput, []pulumi.Resource, error) {
	if a.TopicARN != nil {
		return matching("alarms.topicArn", a.TopicARN, topicARNPattern, topicARNWanted), nil, nil
	}
	args := &sns.TopicArgs{Tags: s.tags}
	if a.TopicKMSKeyARN != nil {
		args.KmsMasterKeyId = matching("alarms.topicKmsKeyArn", a.TopicKMSKeyARN, keyARNPattern, keyARNWanted)
	}
	topic, err := sns.NewTopic(s.ctx, s.name+"-alarms", args, s.below())
	if err != nil {
		return pulumi.StringOutput{}, nil, err
	}
	policy, err := sns.NewTopicPolicy(s.ctx, s.name+"-alarms-policy", &sns.TopicPolicyArgs{
		Arn: topic.Arn,
		Policy: pulumi.All(topic.Arn, s.place().account).ApplyT(func(values []any) string {
			return publishAlarms(values[0].(string), values[1].(string))
		}).(pulumi.StringOutput),
	}, s.below())
	if err != nil {
		return pulumi.StringOutput{}, nil, err
	}
	for i, email := range a.Emails {
		to := fmt.Sprintf("address-%d", i)
		if text, known := email.(pulumi.String); known {
			to = string(text)
		}
		_, err := sns.NewTopicSubscription(s.ctx, s.name+"-alarms-to-"+to, &sns.TopicSubscriptionArgs{
			Topic:    topic.Arn,
			Protocol: pulumi.String("email"),
			Endpoint: matching(fmt.Sprintf("alarms.emails[%d]", i), email, emailPattern, emailWanted),
		}, s.below())
		if err != nil {
			return pulumi.StringOutput{}, nil, err
		}
	}
	return topic.Arn, []pulumi.Resource{policy}, nil
}

// publishAlarms lets CloudWatch's alarms of this account publish to the topic, and
// nobody do so without TLS
// (https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html).
// Principals of the account go by their IAM policies.
func publishAlarms(topicARN, account string) string {
	document := iampolicy.Allow(iampolicy.Statement{
		Sid:       "AlarmsOfTheAccount",
		Principal: map[string]string{"Service": "cloudwatch.amazonaws.com"},
		Action:    []string{"sns:Publish"},
		Resource:  []string{topicARN},
		Condition: iampolicy.Condition{"StringEquals": {"aws:SourceAccount": account}},
	})
	document.Statement = append(document.Statement, iampolicy.Statement{
		Sid:       "NothingWithoutTLS",
		Effect:    "Deny",
		Principal: map[string]string{"AWS": "*"},
		Action:    []string{"sns:Publish"},
		Resource:  []string{topicARN},
		Condition: iampolicy.Condition{"Bool": {"aws:SecureTransport": "false"}},
	})
	return document.JSON()
}
