package armexpr_test

import (
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// placed is what an expression sees in a deployment to a level.
func placed(t *testing.T, level armexpr.Level) *armexpr.Env {
	t.Helper()
	read := func(text string) *armjson.Node {
		n, list := armjson.Parse("context", []byte(text))
		if len(list) > 0 {
			t.Fatal(list)
		}
		return n
	}
	return &armexpr.Env{
		Budget: armexpr.NewBudget(armexpr.DefaultLimits()),
		Context: &armexpr.Context{
			Level:           level,
			Subscription:    read(`{"subscriptionId": "s"}`),
			ResourceGroup:   read(`{"name": "g"}`),
			ManagementGroup: read(`{"name": "m"}`),
			Zones:           read(`{"A.B/c": {"westus2": ["1", "2", "3"]}}`),
			ZoneMappings:    read(`{"westus2": {"az1": "2", "az2": "1"}}`),
		},
		CopyIndex: func(loop string) *armjson.Node {
			switch loop {
			case "":
				return armjson.NewInt(3)
			case "unknown":
				return armjson.NewUnknown(armjson.Missing{Kind: armjson.Number, Form: "copyIndex('unknown')"})
			}
			return nil
		},
	}
}

func TestResourceFunctions(t *testing.T) {
	const group, subscription, management, tenant = armexpr.ResourceGroupLevel, armexpr.SubscriptionLevel,
		armexpr.ManagementGroupLevel, armexpr.TenantLevel
	for _, tt := range []struct {
		level      armexpr.Level
		expression string
		want       string // the value as JSON, or "error: " and the message
	}{
		{group, "[resourceId('A.B/c', 'n')]", `"/subscriptions/s/resourceGroups/g/providers/A.B/c/n"`},
		{group, "[resourceId('A.B/c/', 'n')]", `"/subscriptions/s/resourceGroups/g/providers/A.B/c/n"`},
		{group, "[resourceId('other', 'A.B/c', 'n')]", `"/subscriptions/s/resourceGroups/other/providers/A.B/c/n"`},
		{subscription, "[resourceId('A.B/c', 'n')]", `"/subscriptions/s/providers/A.B/c/n"`},
		{subscription, "[resourceId('t', 'A.B/c', 'n')]", `"/subscriptions/t/providers/A.B/c/n"`},
		{subscription, "[resourceId('t', 'g', 'A.B/c', 'n')]", `"/subscriptions/t/resourceGroups/g/providers/A.B/c/n"`},
		{management, "[resourceId('11111111-1111-1111-1111-111111111111', 'A.B/c', 'n')]",
			`"/subscriptions/11111111-1111-1111-1111-111111111111/providers/A.B/c/n"`},
		{tenant, "[resourceId('A.B/c', 'n')]", `"/providers/A.B/c/n"`},
		{group, "[resourceId('a', 'b', 'c', 'A.B/c', 'n')]",
			"error: at most 2 arguments may stand before the resource type of resourceId"},
		{group, "[resourceId('A.B/c', 'n', 'm')]", `error: the type "A.B/c" needs 1 name after it, not 2`},
		{group, "[resourceId('A.B', 'n')]", "error: resourceId has no resource type among its arguments"},
		{group, "[resourceId('A.B/c', null())]", "error: resourceId takes a string here, not null"},
		{management, "[subscriptionResourceId('A.B/c', 'n')]",
			"error: subscriptionResourceId needs the id of a subscription here"},
		{management, "[subscriptionResourceId('t', 'A.B/c', 'n')]", `"/subscriptions/t/providers/A.B/c/n"`},
		{group, "[tenantResourceId('A.B/c', 'n')]", `"/providers/A.B/c/n"`},
		{management, "[managementGroupResourceId('A.B/c', 'n')]",
			`"/providers/Microsoft.Management/managementGroups/m/providers/A.B/c/n"`},
		{group, "[managementGroupResourceId('x', 'A.B/c', 'n')]",
			`"/providers/Microsoft.Management/managementGroups/x/providers/A.B/c/n"`},
		{group, "[managementGroupResourceId('/providers/Microsoft.Management/managementGroups/x', 'A.B/c', 'n')]",
			`"/providers/Microsoft.Management/managementGroups/x/providers/A.B/c/n"`},
		{group, "[managementGroupResourceId('A.B/c', 'n')]",
			"error: managementGroupResourceId needs the name of a management group here"},
		{group, "[extensionResourceId('/x/', 'A.B/c', 'n')]", `"/x/providers/A.B/c/n"`},

		{group, "[managementGroup()]", "error: managementGroup() has no value here"},
		{subscription, "[resourceGroup()]", "error: resourceGroup() has no value here"},
		{management, "[subscription()]", "error: subscription() has no value here"},
		{group, "[tenant().displayName]", `"[tenant().displayName]"`},

		{group, "[pickZones('A.B', 'c', 'West US 2', 2, 1)]", `["2","3"]`},
		{group, "[pickZones('A.B', 'c', 'westus2', 3, 1)]", "error: c has 3 zones there, and zone 4 is asked for"},
		{group, "[pickZones('A.B', 'c', 'westus2', 0)]", "error: pickZones takes 1 or more here, not 0"},
		{group, "[pickZones('A.B', 'c', 'nowhere')]", `[]`},
		{group, "[toLogicalZones('s', 'westus2', createArray('az2', 'az9', 'az1'))]", `["1","2"]`},
		{group, "[toPhysicalZone('s', 'westus2', '3')]", `""`},
		{group, "[toPhysicalZones('s', 'westus2', createArray(1))]",
			"error: toPhysicalZones takes an array of strings here, and an element is a number"},

		{group, "[copyIndex(2)]", `5`},
		{group, "[copyIndex(9223372036854775805)]", "error: the result does not fit a 64-bit integer"},
		{group, "[copyIndex('unknown', 1)]", `"[copyIndex('unknown', 1)]"`},
		{group, "[copyIndex('none')]", `error: there is no loop named "none" here`},
		{group, "[copyIndex('x', 'y')]", "error: copyIndex takes a whole number here, not a string"},

		{group, "[listKeys('x', '1').keys[0].value]", `"[listKeys('x', '1').keys[0].value]"`},
		{group, "[listAccountSas('x', '1', createObject('a', 1)).token]",
			`"[listAccountSas('x', '1', createObject('a', 1)).token]"`},
		{group, "[providers('A.B').resourceTypes]", `"[providers('A.B').resourceTypes]"`},
		{group, "[reference(1)]", "error: reference takes a string here, not a number"},
		{group, "[externalInputs('x')]", "error: externalInputs cannot be used here"},
	} {
		got := ""
		if v, err := evalString(tt.expression, placed(t, tt.level)); err != nil {
			got = "error: " + err.Error()
		} else {
			got = v.JSON()
		}
		if got != tt.want {
			t.Errorf("%s in %s:\n got %s\nwant %s", tt.expression, tt.level, got, tt.want)
		}
	}
}

// The functions that ask deployed resources have their place in resources and outputs only.
func TestResourceFunctionPositions(t *testing.T) {
	for position, allowed := range map[armexpr.Position]bool{
		armexpr.InResource: true, armexpr.InOutput: true, armexpr.InName: false, armexpr.InVariable: false,
		armexpr.InParameterDefault: false,
	} {
		for _, expression := range []string{"[reference('x')]", "[references('x')]", "[listSecrets('x', '1')]"} {
			env := placed(t, armexpr.ResourceGroupLevel)
			env.Position = position
			if _, err := evalString(expression, env); (err == nil) != allowed {
				t.Errorf("%s at position %d: %v", expression, position, err)
			}
		}
	}
}

func TestEnvironment(t *testing.T) {
	for name, want := range map[string]string{
		"": "https://management.azure.com/", "azureusgovernment": "https://management.usgovcloudapi.net",
		"AzureChinaCloud": "https://management.chinacloudapi.cn",
	} {
		env := placed(t, armexpr.ResourceGroupLevel)
		env.Context.Cloud = name
		v, err := evalString("[environment().resourceManager]", env)
		if err != nil || v.Text != want {
			t.Errorf("%q: got %v, %v, want %s", name, v, err, want)
		}
		if armexpr.CheckCloud(name) != nil {
			t.Errorf("%q is refused", name)
		}
	}
	if err := armexpr.CheckCloud("AzureChinaCluod"); err == nil || err.Fix == "" {
		t.Errorf("a cloud that does not exist: %v", err)
	}
}
