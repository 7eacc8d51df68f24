package payment

const pay = `
	UPDATE payments SET state = $1`
