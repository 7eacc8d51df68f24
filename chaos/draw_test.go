package chaos_test

import (
	"math/bits"
	"testing"

	"github.com/squallhq/squall/chaos"
)

// TestDrawIsFrozen holds golden values. If it fails, the hash has changed, and with it the
// meaning of every kept seed: change the hash back, not the values.
func TestDrawIsFrozen(t *testing.T) {
	identity := chaos.Identity{Where: "payment", What: "commit", Op: "CapturePayment{ann/order-7}", N: 2}
	for _, golden := range []struct {
		name      string
		got, want uint64
	}{
		{"Mix(0, 0)", chaos.Mix(0, 0), 0xe4cd728b767bee2f},
		{"Mix(1, 2)", chaos.Mix(1, 2), 0x6a4886eed20724e},
		{"Mix(2, 1)", chaos.Mix(2, 1), 0xe94c96b0fc852e22},
		{"HashString(0, empty)", chaos.HashString(0, ""), 0x60584d294d73e332},
		{"HashString(0, seven bytes)", chaos.HashString(0, "payment"), 0x81ce2dee2725073},
		{"HashString(0, eight bytes)", chaos.HashString(0, "payments"), 0xe7260879358dd5c4},
		{"HashString(1, nine bytes)", chaos.HashString(1, "inventory"), 0xf23a1e76f7d5be6e},
		{"PurposeOf(strike)", uint64(chaos.PurposeOf("strike")), 0x1bf175378b288329},
		{"Identity.Hash", identity.Hash(), 0xea477c51d33bdfe3},
		{"Draw", chaos.Draw(42, chaos.PurposeOf("strike"), identity.Hash()), 0x1837d12a287e9603},
		{"Draw of the largest seed", chaos.Draw(1<<64-1, chaos.PurposeOf("strike"), identity.Hash()), 0x965b3df088ed2be1},
		{"Below(., 1000)", chaos.Below(chaos.Draw(42, 1, 2), 1000), 0x340},
	} {
		if golden.got != golden.want {
			t.Errorf("%s is %#x, was %#x when it was frozen", golden.name, golden.got, golden.want)
		}
	}
}

// TestHashIdentity: an op is the same given whole or in parts, and every part matters.
func TestHashIdentity(t *testing.T) {
	whole := chaos.HashIdentity("payment", "commit", "CapturePayment{ann/order-7}", "")
	if parts := chaos.HashIdentity("payment", "commit", "CapturePayment", "ann/order-7"); parts != whole {
		t.Errorf("in parts %#x, whole %#x", parts, whole)
	}
	seen := map[uint64]string{chaos.WithAttempt(whole, 1): "the identity"}
	for _, other := range []chaos.Identity{
		{Where: "order", What: "commit", Op: "CapturePayment{ann/order-7}", N: 1},
		{Where: "payment", What: "begin", Op: "CapturePayment{ann/order-7}", N: 1},
		{Where: "payment", What: "commit", Op: "VoidPayment{ann/order-7}", N: 1},
		{Where: "payment", What: "commit", Op: "CapturePayment{ann/order-8}", N: 1},
		{Where: "payment", What: "commit", Op: "CapturePayment{ann/order-7}", N: 2},
		{Where: "paymentc", What: "ommit", Op: "CapturePayment{ann/order-7}", N: 1},
	} {
		if same, known := seen[other.Hash()]; known {
			t.Errorf("%v has the hash of %s", other, same)
		}
		seen[other.Hash()] = other.String()
	}
}

// TestDrawSpreads: changing any one bit of the seed, the purpose or the identity changes
// about half of the draw's bits, and draws hit a rate about as often as it says.
func TestDrawSpreads(t *testing.T) {
	base := chaos.Draw(7, 11, 13)
	for bit := range 64 {
		for name, draw := range map[string]uint64{
			"seed": chaos.Draw(7^1<<bit, 11, 13), "purpose": chaos.Draw(7, 11^1<<bit, 13), "identity": chaos.Draw(7, 11, 13^1<<bit),
		} {
			if changed := bits.OnesCount64(base ^ draw); changed < 12 || changed > 52 {
				t.Errorf("bit %d of the %s changes %d bits of the draw", bit, name, changed)
			}
		}
	}
	const rate, draws = chaos.PPM(50_000), 200_000
	hits := 0
	for i := range uint64(draws) {
		if rate.Hits(chaos.Draw(1, 2, i)) {
			hits++
		}
	}
	if hits < 9_600 || hits > 10_400 {
		t.Errorf("%d of %d draws hit a rate of 5 %%", hits, draws)
	}
}

func TestBelow(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 1000, 1 << 63} {
		for _, draw := range []uint64{0, 1, 1 << 63, 1<<64 - 1} {
			if got := chaos.Below(draw, n); got >= n {
				t.Errorf("Below(%#x, %d) = %d", draw, n, got)
			}
		}
	}
	if !chaos.PPM(1_000_000).Hits(1<<64-1) || chaos.PPM(0).Hits(0) {
		t.Error("certain and impossible are neither")
	}
}
