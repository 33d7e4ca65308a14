// Package costs estimates what a stack costs on AWS in a month: one table of prices, the
// quantities that a stack declares or a scenario assumes, and their products.
//
//	bill, err := costs.Estimate(graph, costs.Use{Requests: 1_000_000, AnswerKB: 10})
//
// The prices are those of us-east-1, from the sources that the table names. What has no known
// price or quantity is part of a bill too, as [Bill.Unpriced] and [Bill.LeftOut], and so no
// estimate is silently too low. docs/reference/costs.md is made from this package.
package costs
