// Parses the Alloy configurations of a page of Markdown with Alloy's own parser and decodes each pyroscope.scrape with Alloy's evaluator.
// A configuration that is no component is decoded as a part of the first pyroscope.scrape. Prints the URLs that are scraped. Fails on what
// Alloy rejects: syntax, unknown names, wrong types, references to nothing.
package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/grafana/alloy/syntax/ast"
	"github.com/grafana/alloy/syntax/parser"
	"github.com/grafana/alloy/syntax/vm"
)

var fenced = regexp.MustCompile("(?s)```alloy\n(.*?)```")

func main() {
	page, err := os.ReadFile(os.Args[1])
	if err != nil {
		fail(err)
	}
	var components, parts ast.Body
	for _, match := range fenced.FindAllSubmatch(page, -1) {
		file, err := parser.ParseFile(os.Args[1], match[1])
		if err != nil {
			fail(err)
		}
		for _, statement := range file.Body {
			if block, ok := statement.(*ast.BlockStmt); ok && len(block.Name) == 2 && block.Name[0] == "pyroscope" {
				components = append(components, block)
			} else {
				parts = append(parts, statement)
			}
		}
	}
	receivers := map[string]any{}
	scope := &vm.Scope{Variables: map[string]any{
		"pyroscope": map[string]any{"write": receivers},
		// Of Alloy's standard library, which the parser's module has in part only.
		"sys": map[string]any{"env": os.Getenv},
	}}
	for _, statement := range components {
		if block := statement.(*ast.BlockStmt); block.Name[1] == "write" {
			if err := vm.New(block.Body).Evaluate(scope, &write{}); err != nil {
				fail(err)
			}
			receivers[block.Label] = map[string]any{"receiver": receiver{}}
		}
	}
	for _, statement := range components {
		if block := statement.(*ast.BlockStmt); block.Name[1] == "scrape" {
			for i := range max(1, len(parts)) {
				var arguments scrape
				body := block.Body
				if i < len(parts) {
					body = append(slices.Clone(body), parts[i])
				}
				if err := vm.New(body).Evaluate(scope, &arguments); err != nil {
					fail(err)
				}
				if i == 0 {
					show(arguments)
				}
			}
		}
	}
}

func show(arguments scrape) {
	for _, target := range arguments.Targets {
		fmt.Printf("%s %s://%s", target["service_name"], arguments.Scheme, target["__address__"])
		for _, label := range slices.Sorted(maps.Keys(target)) {
			if parameter, ok := strings.CutPrefix(label, "__param_"); ok {
				fmt.Printf(" %s=%s", parameter, target[label])
			}
		}
		fmt.Println()
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
