package rules

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryPackageHasARoom finds packages of the module that the table forgot: they
// would be free without anybody having decided so.
func TestEveryPackageHasARoom(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	folders := goFolders(t, root)
	if len(folders) < 3 {
		t.Fatalf("found %d packages below %s, want the module's", len(folders), root)
	}
	for folder := range folders {
		path := strings.TrimSuffix(module+"/"+filepath.ToSlash(folder), "/.")
		if _, ok := roomOf(path, false); !ok {
			t.Errorf("%s has no room: give it a row in rooms.go", path)
		}
	}
}

// goFolders returns the folders of the module, relative to its root, that hold Go
// code. Other modules and testdata do not belong to it.
func goFolders(t *testing.T, root string) map[string]bool {
	t.Helper()
	folders := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			return enter(path, rel, d.Name())
		}
		if strings.HasSuffix(path, ".go") {
			folders[filepath.Dir(rel)] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return folders
}

// enter returns fs.SkipDir for folders that the go command leaves out.
func enter(path, rel, name string) error {
	if rel == "." {
		return nil
	}
	modules, _ := filepath.Glob(filepath.Join(path, "go.mod"))
	if len(modules) > 0 || name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return fs.SkipDir
	}
	return nil
}

func TestRoomOf(t *testing.T) {
	for _, test := range []struct {
		path   string
		strict bool
		want   rule
		known  bool
	}{
		{module, false, entry, true},
		{module + "/system", false, strict, true},
		{module + "/system/order", false, service, true},
		{module + "/system/cmd/order", false, entry, true},
		{module + "/system/cmd", false, none, false},
		{module + "/system/cmd/order/deeper", false, none, false},
		{module + "/system/orders", false, none, false},
		{module + "x/system", false, none, false},
		{"example.com/shop", false, none, false},
		{"example.com/shop", true, foreign, false},
	} {
		got, known := roomOf(test.path, test.strict)
		if got.code != test.want || known != test.known {
			t.Errorf("roomOf(%q, %v) = %b, %v, want %b, %v", test.path, test.strict, got.code, known, test.want, test.known)
		}
	}
}
