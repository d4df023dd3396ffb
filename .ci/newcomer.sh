#!/usr/bin/env bash
# Builds and runs an application outside this repository with the versions that a newcomer's restore may bring: the core's dependencies as they are
# asked for here, the newest Microsoft.Extensions.AI beside the other Microsoft.Extensions.* of .NET 10, and everything as new as it comes.
# Microsoft.Extensions.AI and its Abstractions have no 11.0.0: 10.11.0 is their newest.
set -euo pipefail
feed=$(realpath "$1")
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Its own folder for ours, so that no package of an earlier run is taken for the one just packed; the rest may come from the machine's cache.
version=$(basename "$feed"/Resilient.Llm.[0-9]*.nupkg .nupkg)
version=${version#Resilient.Llm.}

extensions=(Caching.Abstractions Caching.Memory Configuration Configuration.Abstractions DependencyInjection DependencyInjection.Abstractions
    Hosting Hosting.Abstractions Logging Logging.Abstractions Options Options.ConfigurationExtensions)

# newcomer NAME VERSION OF Microsoft.Extensions.*, OTHER PACKAGE/VERSION...
newcomer() {
    local app="$work/$1" of=$2 references="" loaded=() package
    shift 2
    for package in "${extensions[@]/%//$of}"; do
        references+="<PackageReference Include=\"Microsoft.Extensions.${package%/*}\" Version=\"[$of]\" />"
        loaded+=("Microsoft.Extensions.${package%/*}/$of")
    done
    for package in "$@"; do
        references+="<PackageReference Include=\"${package%/*}\" Version=\"[${package#*/}]\" />"
        [[ $package != Microsoft.Extensions.AI* ]] || loaded+=("$package")
    done
    mkdir -p "$app"
    cp "$here/newcomer/Program.cs" "$app/"
    cat >"$app/nuget.config" <<XML
<configuration>
  <packageSources>
    <clear />
    <add key="packed" value="$feed" />
    <add key="nuget.org" value="https://api.nuget.org/v3/index.json" protocolVersion="3" />
  </packageSources>
  <packageSourceMapping>
    <clear />
    <packageSource key="packed"><package pattern="Resilient.Llm" /><package pattern="Resilient.Llm.*" /></packageSource>
    <packageSource key="nuget.org"><package pattern="*" /></packageSource>
  </packageSourceMapping>
</configuration>
XML
    cat >"$app/Newcomer.csproj" <<XML
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
    <PackageReference Include="Resilient.Llm" Version="[$version]" />
    <PackageReference Include="Resilient.Llm.Chaos" Version="[$version]" />
    <PackageReference Include="Resilient.Llm.Sqlite" Version="[$version]" />
    $references
  </ItemGroup>
</Project>
XML
    echo "== ${app##*/}: Microsoft.Extensions.* $of, $*"
    dotnet build "$app" --output "$app/out"
    timeout 60 dotnet "$app/out/Newcomer.dll" "${loaded[@]}" </dev/null
}

# The packages folder is shared by both, and starts empty of ours.
export NUGET_PACKAGES="$work/packages"
newcomer net10 10.0.15 Microsoft.Extensions.AI/10.11.0 Microsoft.Extensions.AI.Abstractions/10.11.0
newcomer newest 11.0.0 Microsoft.Extensions.AI/10.11.0 Microsoft.Extensions.AI.Abstractions/10.11.0 Microsoft.Data.Sqlite/11.0.0 \
    Polly.Core/8.9.1 YamlDotNet/18.1.0
