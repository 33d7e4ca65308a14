package costs

import (
	"cmp"
	"slices"
)

// Line is what one row of the table of prices costs in a month.
type Line struct {
	Item      Item
	Quantity  float64 // in the price's unit, with what is included
	USD       float64
	AfterFree float64 // USD if nothing else uses up the account's free quantity
}

// Bill is an estimate for a month.
type Bill struct {
	Lines    []Line   // in the order of the table of prices
	Unpriced []Line   // quantities whose price is unknown
	LeftOut  []string // what is billed, and whose quantity is unknown
}

// billOf quantities, by item. An item that a stack does not use has no line.
func billOf(quantities map[Item]float64, leftOut []string) Bill {
	bill := Bill{LeftOut: leftOut}
	for i, price := range Prices() {
		quantity := quantities[Item(i)]
		if quantity == 0 {
			continue
		}
		line := Line{Item: Item(i), Quantity: quantity}
		if price.Unknown != "" {
			bill.Unpriced = append(bill.Unpriced, line)
			continue
		}
		line.USD, line.AfterFree = price.cost(quantity)
		bill.Lines = append(bill.Lines, line)
	}
	return bill
}

// Total in USD, before taxes and without the account's free quantities.
func (b Bill) Total() float64 { return b.sum(func(l Line) float64 { return l.USD }) }

// TotalAfterFree is the total if nothing else uses up the account's free quantities.
func (b Bill) TotalAfterFree() float64 { return b.sum(func(l Line) float64 { return l.AfterFree }) }

func (b Bill) sum(of func(Line) float64) float64 {
	total := 0.0
	for _, line := range b.Lines {
		total += of(line)
	}
	return total
}

// Largest is the line that costs most.
func (b Bill) Largest() Line {
	return slices.MaxFunc(b.Lines, func(a, c Line) int { return cmp.Compare(a.USD, c.USD) })
}

// Of returns the line of an item, one of 0 where the bill has none.
func (b Bill) Of(item Item) Line {
	for _, line := range b.Lines {
		if line.Item == item {
			return line
		}
	}
	return Line{Item: item}
}
