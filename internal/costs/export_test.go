package costs

// What an estimate takes a validator's log line to be, in bytes.
const ValidatorLine = validatorLine
