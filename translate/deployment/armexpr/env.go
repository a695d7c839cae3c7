package armexpr

import (
	"time"

	"github.com/ingot-build/ingot/translate/armjson"
)

// Position says in which part of a template an expression stands; some functions are allowed in some parts only.
type Position int

// The positions. In the zero Position, the body of a resource, everything may be used but the clock.
const (
	InResource Position = iota
	InParameterDefault
	InVariable
	InOutput
	// of a resource; also types, scopes, conditions and counts of loops: what the service needs before it deploys
	InName
)

// Level is how high in Azure's hierarchy a template is deployed. The zero Level is a resource group.
type Level int

// The levels.
const (
	ResourceGroupLevel Level = iota
	SubscriptionLevel
	ManagementGroupLevel
	TenantLevel
)

// Context is the place a template is deployed to: what the functions that ask for it return. A nil value is not known;
// one that is unknown says why.
type Context struct {
	Level Level
	// What the functions of these names return.
	Subscription, ResourceGroup, ManagementGroup, Tenant, Deployment, Deployer *armjson.Node

	Cloud string        // AzureCloud, AzureUSGovernment or AzureChinaCloud; "" is the first
	Now   time.Time     // what utcNow tells
	GUID  func() string // what newGuid returns; nil makes its value unknown

	Zones        *armjson.Node // resource type to region to zones, for pickZones; nil when that is not known
	ZoneMappings *armjson.Node // region to physical zone to logical zone; nil when that is not known
}

// Env is what an expression may see.
type Env struct {
	Position Position
	Context  *Context
	Budget   *Budget

	// Parameter and Variable look a name up, ignoring case. A nil function means that the expression stands where the
	// template may not use them. Their errors are passed on; an *Error without a Span gets the place of the use.
	Parameter, Variable func(name string) (*armjson.Node, error)
	// External looks up what a parameter file calls an external input; it is nil elsewhere.
	External func(name string) (*armjson.Node, error)
	// User calls a function that the template defines itself.
	User func(c *Call, args []*armjson.Node) (*armjson.Node, error)
	// CopyIndex is the current turn of the loop with that name, a whole number or an unknown value; "" is the nearest
	// loop that needs no name. It is nil when there is no such loop.
	CopyIndex func(loop string) *armjson.Node
	// Reference answers reference() where the template alone knows: the outputs of a nested deployment. ok is false
	// otherwise.
	Reference func(args []*armjson.Node) (v *armjson.Node, ok bool, err error)
	// References is to references(), the list for a loop, what Reference is to reference(). Both may be nil.
	References func(args []*armjson.Node) (v *armjson.Node, ok bool, err error)

	lambda *binding
}

// binding is a variable of a lambda around the expression, the innermost first.
type binding struct {
	name  string
	value *armjson.Node
	outer *binding
}
