#!/usr/bin/env bash
# Runs the examples of the READMEs and of docs/ as a user would: in an application outside this repository that knows nothing but the packed packages.
#
# An example is the csharp block below a line <!-- example:NAME -->; every README must have one. Examples of one file run in one folder, in order.
# Where a line <!-- output:NAME --> follows, the block below it must be what the example prints. The block below a line <!-- support:NAME --> is compiled
# with every example of its file.
set -euo pipefail
feed=$(realpath "$1")
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Its own cache, so that no package of an earlier run is taken for the one just packed.
export NUGET_PACKAGES="$work/packages"

# Ours come from the feed alone, everything else from anywhere but there.
cat >"$work/nuget.config" <<XML
<configuration>
  <packageSources>
    <clear />
    <add key="packed" value="$feed" />
    <add key="nuget.org" value="https://api.nuget.org/v3/index.json" protocolVersion="3" />
  </packageSources>
  <packageSourceMapping>
    <clear />
    <packageSource key="packed">
      <package pattern="Resilient.Llm" />
      <package pattern="Resilient.Llm.*" />
    </packageSource>
    <packageSource key="nuget.org">
      <package pattern="*" />
    </packageSource>
  </packageSourceMapping>
</configuration>
XML

# block README MARKER: the fenced block that follows the marker's line.
block() {
    awk -v marker="<!-- $2 -->" '$0 == marker { found = 1; next } found && /^```/ { if (inside) exit; inside = 1; next } inside' "$1"
}

# project PACKAGE FOLDER: an application that references one package.
project() {
    mkdir -p "$2"
    cat >"$2/Example.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
    <WarningsNotAsErrors>NU1900</WarningsNotAsErrors>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="$1" Version="$version" />
  </ItemGroup>
</Project>
XML
}

version=$(basename "$feed"/Resilient.Llm.[0-9]*.nupkg .nupkg)
version=${version#Resilient.Llm.}

# names FILE KIND: of the blocks of that kind.
names() {
    sed -nE "s/^<!-- $2:([A-Za-z0-9-]+) -->\$/\1/p" "$1"
}

for readme in "$root/README.md" "$root"/src/*/README.md "$root"/docs/*.md; do
    package=Resilient.Llm
    [[ $readme != "$root"/src/* ]] || package=$(basename "$(dirname "$readme")")
    examples=$(names "$readme" example)
    [[ -n $examples || $readme == "$root"/docs/* ]] || { echo "$readme has no line <!-- example:NAME --> above a csharp block." >&2; exit 1; }
    folder=$(mktemp -d -p "$work")
    for name in $examples; do
        echo "${readme#"$root/"}, example $name"
        app="$work/apps/$(basename "$readme" .md)-$package-$name"
        project "$package" "$app"
        block "$readme" "example:$name" >"$app/Program.cs"
        [[ -s $app/Program.cs ]] || { echo "There is no block below <!-- example:$name -->." >&2; exit 1; }
        for support in $(names "$readme" support); do
            block "$readme" "support:$support" >"$app/$support.cs"
        done
        dotnet build "$app" --output "$app/out"
        (cd "$folder" && timeout 60 dotnet "$app/out/Example.dll" >"$app/output.txt" </dev/null) || { cat "$app/output.txt"; exit 1; }
        cat "$app/output.txt"
        if grep -qx "<!-- output:$name -->" "$readme"; then
            diff <(block "$readme" "output:$name") "$app/output.txt" || { echo "The file on the left: the example prints something else." >&2; exit 1; }
        fi
    done
done
