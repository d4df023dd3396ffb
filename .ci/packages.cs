#:property PublishAot=false
// Checks what is in the packages of a folder: dotnet run .ci/packages.cs artifacts/packages

using System.IO.Compression;
using System.Xml.Linq;

// What each package asks of its users. A package or a dependency more is a decision, and stands here.
var dependencies = new Dictionary<string, string[]>
{
    ["Resilient.Llm"] =
    [
        "Microsoft.Extensions.AI", "Microsoft.Extensions.AI.Abstractions", "Microsoft.Extensions.Caching.Abstractions", "Microsoft.Extensions.Configuration.Abstractions",
        "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Hosting.Abstractions", "Microsoft.Extensions.Logging.Abstractions",
        "Microsoft.Extensions.Options", "Polly.Core",
    ],
    ["Resilient.Llm.Chaos"] = ["Microsoft.Extensions.Hosting.Abstractions", "Resilient.Llm", "YamlDotNet"],
    ["Resilient.Llm.Sqlite"] = ["Microsoft.Data.Sqlite", "Resilient.Llm", "SQLitePCLRaw.bundle_e_sqlite3"],
};

var folder = args is [var given] ? given : throw new ArgumentException("Give the folder of the packages.");
var complaints = new List<string>();
var files = Directory.GetFiles(folder, "*.nupkg").Order(StringComparer.Ordinal).ToArray();
var seen = new Dictionary<string, string>();
foreach (var file in files)
{
    CheckPackage(file);
}

Expect(seen.Keys.Order(StringComparer.Ordinal).SequenceEqual(dependencies.Keys.Order(StringComparer.Ordinal)),
    $"There should be {string.Join(", ", dependencies.Keys)}, but there are {string.Join(", ", seen.Keys)}.");
Expect(seen.Values.Distinct().Count() == 1, $"The packages have different versions: {string.Join(", ", seen)}.");
complaints.ForEach(Console.Error.WriteLine);
Console.WriteLine($"{seen.Count} packages, {complaints.Count} complaints");
return complaints.Count == 0 ? 0 : 1;

void CheckPackage(string file)
{
    using var package = ZipFile.OpenRead(file);
    var metadata = XDocument.Parse(Read(package, package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).FullName)).Root!.Elements().Single();
    string Value(string name) => Child(metadata, name)?.Value ?? string.Empty;
    var (id, version) = (Value("id"), Value("version"));
    seen[id] = version;

    Expect(Path.GetFileName(file) == $"{id}.{version}.nupkg", $"{file} holds {id} {version}.");
    Expect(Value("description").Length > 80, $"{id}: its description is too short to choose a package by: '{Value("description")}'.");
    Expect(Value("license") == "MIT" && Child(metadata, "license")?.Attribute("type")?.Value == "expression", $"{id}: its license is '{Value("license")}', not MIT.");
    Expect(Value("readme") == "README.md" && Read(package, "README.md").Length > 500, $"{id}: it shows no README, or next to none.");
    Expect(Value("tags").Length > 0 && Value("authors").Length > 0, $"{id}: it has no tags or no authors.");

    var library = package.Entries.Select(e => e.FullName).Where(n => n.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
    Expect(library.SequenceEqual([$"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"]), $"{id}: its library is {string.Join(", ", library)}.");
    Expect(Read(package, $"lib/net10.0/{id}.xml").Contains("<member name=\"T:", StringComparison.Ordinal), $"{id}: its XML documentation is empty.");
    using (var symbols = ZipFile.OpenRead(Path.ChangeExtension(file, ".snupkg")))
    {
        Expect(symbols.GetEntry($"lib/net10.0/{id}.pdb") is { Length: > 0 }, $"{id}: its symbols are not in the snupkg.");
    }

    var groups = Child(metadata, "dependencies")?.Elements().ToArray() ?? [];
    Expect(groups is [var only] && only.Attribute("targetFramework")?.Value == "net10.0", $"{id}: it should have the dependencies of net10.0 and no others.");
    var found = groups.SelectMany(static g => g.Elements()).ToDictionary(static d => d.Attribute("id")!.Value, static d => d.Attribute("version")!.Value);
    var wanted = dependencies.GetValueOrDefault(id, []);
    Expect(found.Keys.Except(wanted).FirstOrDefault() is not { } extra, $"{id}: it depends on {string.Join(", ", found.Keys.Except(wanted))} too. If that is meant, say so in .ci/packages.cs.");
    Expect(wanted.All(found.ContainsKey), $"{id}: it no longer depends on {string.Join(", ", wanted.Except(found.Keys))}. If that is meant, say so in .ci/packages.cs.");
    Expect(found.All(d => !dependencies.ContainsKey(d.Key) || d.Value == version), $"{id} {version} depends on another version of its siblings: {string.Join(", ", found)}.");
}

static XElement? Child(XElement parent, string name) => parent.Elements().FirstOrDefault(e => e.Name.LocalName == name);

static string Read(ZipArchive package, string name)
{
    if (package.GetEntry(name) is not { } entry)
    {
        return string.Empty;
    }

    using var reader = new StreamReader(entry.Open());
    return reader.ReadToEnd();
}

void Expect(bool condition, string complaint)
{
    if (!condition)
    {
        complaints.Add(complaint);
    }
}
