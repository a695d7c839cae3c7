package emit

import "errors"

func newAzure(job, Options) (target, error) {
	return nil, errors.New("a Packer template for the target azure cannot be emitted yet")
}
