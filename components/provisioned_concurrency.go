package components

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ProvisionedConcurrencyArgs keeps execution environments of the alias "live" warm, so that
// most calls have no cold start
// (https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html). AWS bills
// them around the clock, used or not. By default there are none.
//
// The alias keeps its ARN, so these settings never change the datastore.
type ProvisionedConcurrencyArgs struct {
	// Executions that are always warm. By default 0: none. With MaxExecutions or Schedules
	// it is the minimum, and Pulumi ignores later changes of it by AWS or by hand.
	Executions int `pulumi:"executions,optional"`
	// MaxExecutions up to which AWS follows the load: Executions or more. By default 0: AWS
	// does not follow the load.
	MaxExecutions int `pulumi:"maxExecutions,optional"`
	// TargetUtilization of the warm executions, in percent, that AWS aims for while
	// it follows the load: 10 to 90, by default 70.
	TargetUtilization int `pulumi:"targetUtilization,optional"`
	// Schedules at which other numbers take effect, until the next one does. By
	// default none.
	Schedules []ConcurrencyScheduleArgs `pulumi:"schedules,optional"`
}

// ConcurrencyScheduleArgs changes the number of warm executions at certain times.
type ConcurrencyScheduleArgs struct {
	// Name of the schedule, unique among them: letters, digits, "-" and "_".
	Name string `pulumi:"name"`
	// Schedule is when the number changes: cron(0 7 ? * MON-FRI *), rate(1 day) or
	// at(2027-01-31T07:00:00)
	// (https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html).
	Schedule string `pulumi:"schedule"`
	// Timezone of the schedule, such as Europe/Vienna. By default UTC.
	Timezone string `pulumi:"timezone,optional"`
	// Executions that are warm from then on: 1 or more. AWS drops the setting at 0.
	Executions int `pulumi:"executions"`
	// MaxExecutions up to which AWS follows the load from then on. By default the
	// larger of Executions and the MaxExecutions outside of the schedules.
	MaxExecutions int `pulumi:"maxExecutions,optional"`
}

var (
	schedulePattern = regexp.MustCompile(`^(?:at|cron|rate)\([^()\n]+\)$`)
	timezonePattern = regexp.MustCompile(`^[A-Za-z0-9_+/-]{1,64}$`)
)

// scaled reports whether AWS changes the number of executions.
func (c *ProvisionedConcurrencyArgs) scaled() bool {
	return c.MaxExecutions > 0 || len(c.Schedules) > 0
}

func (c *ProvisionedConcurrencyArgs) withDefaults() *ProvisionedConcurrencyArgs {
	c = copyOf(c)
	if c.MaxExecutions > 0 && c.TargetUtilization == 0 {
		c.TargetUtilization = 70
	}
	schedules := make([]ConcurrencyScheduleArgs, len(c.Schedules))
	for i, s := range c.Schedules {
		if s.Timezone == "" {
			s.Timezone = "UTC"
		}
		if s.MaxExecutions == 0 {
			s.MaxExecutions = max(s.Executions, c.MaxExecutions)
		}
		schedules[i] = s
	}
	if c.Schedules != nil { // a nil list is left out of the state
		c.Schedules = schedules
	}
	return c
}

// check holds the numbers against each other; reserved is the function's reserved
// concurrency, 0 where there is none.
func (c *ProvisionedConcurrencyArgs) check(p *problems, field string, reserved int) {
	if c.Executions < 0 {
		p.add(field+".executions", c.Executions, "must be 0 (none) or more")
	}
	if c.Executions == 0 && (c.scaled() || c.TargetUtilization != 0) {
		p.missing(field+".executions", "set it to at least 1, because maxExecutions, targetUtilization and schedules change this number")
	}
	if c.MaxExecutions != 0 && c.MaxExecutions < c.Executions {
		p.add(field+".maxExecutions", c.MaxExecutions, fmt.Sprintf("must be at least executions, %d", c.Executions))
	}
	if c.TargetUtilization != 0 {
		p.inRange(field+".targetUtilization", c.TargetUtilization, 10, 90, "percent")
		if c.MaxExecutions == 0 {
			p.add(field+".targetUtilization", c.TargetUtilization, "cannot be used without maxExecutions; set maxExecutions, or remove it")
		}
	}
	p.withinReserved(field+".executions", c.Executions, reserved)
	p.withinReserved(field+".maxExecutions", c.MaxExecutions, reserved)
	seen := map[string]bool{}
	for i, s := range c.Schedules {
		at := fmt.Sprintf("%s.schedules[%d]", field, i)
		if seen[s.Name] {
			p.add(at+".name", s.Name, "another schedule has this name; choose a different one")
		}
		seen[s.Name] = true
		s.check(p, at, reserved)
	}
}

func (s ConcurrencyScheduleArgs) check(p *problems, at string, reserved int) {
	p.pattern(at+".name", s.Name, clientNamePattern, "must be 1 to 64 letters, digits, - and _, starting with a letter or digit")
	p.pattern(at+".schedule", s.Schedule, schedulePattern, "must be cron(...), rate(...) or at(...), such as cron(0 7 ? * MON-FRI *)")
	p.pattern(at+".timezone", s.Timezone, timezonePattern, "must be the name of a time zone, such as Europe/Vienna")
	if s.Executions < 1 {
		p.add(at+".executions", s.Executions, "must be 1 or more")
	}
	if s.MaxExecutions < s.Executions {
		p.add(at+".maxExecutions", s.MaxExecutions, fmt.Sprintf("must be at least executions, %d", s.Executions))
	}
	p.withinReserved(at+".executions", s.Executions, reserved)
	p.withinReserved(at+".maxExecutions", s.MaxExecutions, reserved)
}

// withinReserved refuses what Lambda would: warm executions come out of the
// reserved ones.
func (p *problems) withinReserved(field string, executions, reserved int) {
	if reserved > 0 && executions > reserved {
		p.add(field, executions, fmt.Sprintf("must be at most reservedConcurrency, %d; warm executions are part of the reserved ones", reserved))
	}
}

// declare keeps executions of the alias warm, and lets AWS change
// their number where it is to.
func (c *ProvisionedConcurrencyArgs) declare(s site, alias *lambda.Alias) error {
	if c.Executions == 0 {
		return nil
	}
	options := []pulumi.ResourceOption{s.below()}
	if c.scaled() { // the number is AWS's from then on
		options = append(options, pulumi.IgnoreChanges([]string{"provisionedConcurrentExecutions"}))
	}
	provisioned, err := lambda.NewProvisionedConcurrencyConfig(s.ctx, s.name+"-provisioned", &lambda.ProvisionedConcurrencyConfigArgs{
		FunctionName:                    alias.FunctionName,
		Qualifier:                       alias.Name,
		ProvisionedConcurrentExecutions: pulumi.Int(c.Executions),
	}, options...)
	if err != nil || !c.scaled() {
		return err
	}
	return c.newScaling(s, alias, provisioned)
}

// newScaling declares what changes the number. A target's limits are what its
// schedules set, so with schedules a change of them is not drift.
func (c *ProvisionedConcurrencyArgs) newScaling(s site, alias *lambda.Alias, provisioned *lambda.ProvisionedConcurrencyConfig) error {
	options := []pulumi.ResourceOption{s.below(), pulumi.DependsOn([]pulumi.Resource{provisioned})}
	if len(c.Schedules) > 0 {
		options = append(options, pulumi.IgnoreChanges([]string{"minCapacity", "maxCapacity"}))
	}
	target, err := appautoscaling.NewTarget(s.ctx, s.name+"-scaling", &appautoscaling.TargetArgs{
		ServiceNamespace:  pulumi.String("lambda"),
		ScalableDimension: pulumi.String("lambda:function:ProvisionedConcurrency"),
		ResourceId:        pulumi.Sprintf("function:%s:%s", alias.FunctionName, alias.Name),
		MinCapacity:       pulumi.Int(c.Executions),
		MaxCapacity:       pulumi.Int(max(c.Executions, c.MaxExecutions)),
		Tags:              s.tags,
	}, options...)
	if err != nil {
		return err
	}
	if c.MaxExecutions > 0 {
		if err := newTracking(s, c.TargetUtilization, target); err != nil {
			return err
		}
	}
	for _, schedule := range c.Schedules {
		_, err := appautoscaling.NewScheduledAction(s.ctx, s.name+"-schedule-"+schedule.Name, &appautoscaling.ScheduledActionArgs{
			ServiceNamespace:  target.ServiceNamespace,
			ScalableDimension: target.ScalableDimension,
			ResourceId:        target.ResourceId,
			Schedule:          pulumi.String(schedule.Schedule),
			Timezone:          pulumi.String(schedule.Timezone),
			ScalableTargetAction: appautoscaling.ScheduledActionScalableTargetActionArgs{
				MinCapacity: pulumi.Int(schedule.Executions),
				MaxCapacity: pulumi.Int(schedule.MaxExecutions),
			},
		}, s.below())
		if err != nil {
			return err
		}
	}
	return nil
}

// newTracking lets AWS follow the load
// (https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html).
func newTracking(s site, percent int, target *appautoscaling.Target) error {
	_, err := appautoscaling.NewPolicy(s.ctx, s.name+"-tracking", &appautoscaling.PolicyArgs{
		PolicyType:        pulumi.String("TargetTrackingScaling"),
		ServiceNamespace:  target.ServiceNamespace,
		ScalableDimension: target.ScalableDimension,
		ResourceId:        target.ResourceId,
		TargetTrackingScalingPolicyConfiguration: appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs{
			TargetValue: pulumi.Float64(float64(percent) / 100),
			PredefinedMetricSpecification: appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs{
				PredefinedMetricType: pulumi.String("LambdaProvisionedConcurrencyUtilization"),
			},
		},
	}, s.below())
	return err
}
