#:property PublishAot=false
// Checks the links between this repository's files, in all Markdown: that the file is there, and the heading that an anchor names.

using System.Text.RegularExpressions;

var root = Directory.GetCurrentDirectory();
string[] skipped = ["bin", "obj", "artifacts", ".git", "TestResults", "BenchmarkDotNet.Artifacts"];
var complaints = new List<string>();
var anchors = new Dictionary<string, HashSet<string>>();
var count = 0;
foreach (var file in Directory.EnumerateFiles(root, "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
{
    if (!Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar).Intersect(skipped).Any())
    {
        CheckFile(file);
    }
}

complaints.ForEach(Console.Error.WriteLine);
Console.WriteLine($"{count} links, {complaints.Count} dead");
return complaints.Count == 0 ? 0 : 1;

void CheckFile(string file)
{
    // A package's README is shown on the package's page, where a path leads nowhere.
    var folder = Path.GetDirectoryName(file)!;
    var isOfPackage = folder.StartsWith(Path.Combine(root, "src"), StringComparison.Ordinal) && Directory.GetFiles(folder, "*.csproj").Length > 0;
    foreach (Match match in Patterns.Link().Matches(Prose(file)))
    {
        var link = match.Groups["to"].Value;
        if (Patterns.Scheme().IsMatch(link))
        {
            continue;
        }

        count++;
        var parts = Uri.UnescapeDataString(link).Split('#', 2);
        var target = parts[0].Length == 0 ? file : Path.GetFullPath(parts[0].StartsWith('/') ? root + parts[0] : Path.Combine(folder, parts[0]));
        var problem =
            isOfPackage && parts[0].Length > 0 ? "a package's README can link to web pages only"
            : !target.StartsWith(root, StringComparison.Ordinal) ? "it leads out of the repository"
            : !File.Exists(target) && !Directory.Exists(target) ? "there is no such file"
            : parts is [_, var anchor] && target.EndsWith(".md", StringComparison.Ordinal) && !AnchorsOf(target).Contains(anchor) ? "there is no such heading"
            : null;
        if (problem is not null)
        {
            complaints.Add($"{Path.GetRelativePath(root, file)}: {link}: {problem}");
        }
    }
}

// The names that GitHub gives to headings, and those given by hand.
HashSet<string> AnchorsOf(string file)
{
    if (!anchors.TryGetValue(file, out var names))
    {
        anchors[file] = names = [];
        var text = Patterns.Fence().Replace(File.ReadAllText(file), string.Empty);
        foreach (Match heading in Patterns.Heading().Matches(text))
        {
            var words = Patterns.LinkText().Replace(heading.Groups["text"].Value, "$1");
            var name = Patterns.Punctuation().Replace(words.Trim().ToLowerInvariant(), string.Empty).Replace(' ', '-');
            var unique = name;
            for (var i = 1; !names.Add(unique); i++)
            {
                unique = $"{name}-{i}";
            }
        }

        names.UnionWith(Patterns.Id().Matches(text).Select(static m => m.Groups["id"].Value));
    }

    return names;
}

// Without code, where brackets and parentheses mean something else.
static string Prose(string file) => Patterns.Code().Replace(Patterns.Fence().Replace(File.ReadAllText(file), string.Empty), string.Empty);

internal static partial class Patterns
{
    [GeneratedRegex("""\]\(\s*<?(?<to>[^)>\s]+)|^ {0,3}\[[^\]^]+\]:\s*<?(?<to>[^>\s]+)|(?:href|src)="(?<to>[^"]+)""", RegexOptions.Multiline)]
    public static partial Regex Link();

    [GeneratedRegex("^([a-z][a-z0-9+.-]*:|//)", RegexOptions.IgnoreCase)]
    public static partial Regex Scheme();

    [GeneratedRegex(@"^ *(?<mark>```+|~~~+).*?^ *\k<mark>", RegexOptions.Multiline | RegexOptions.Singleline)]
    public static partial Regex Fence();

    [GeneratedRegex("(`+)[^`]+?\\1")]
    public static partial Regex Code();

    [GeneratedRegex(@"^#{1,6} +(?<text>.+?)(?: +#+)?\r?$", RegexOptions.Multiline)]
    public static partial Regex Heading();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    public static partial Regex LinkText();

    [GeneratedRegex(@"[^\p{L}\p{M}\p{N}\p{Pc} -]")]
    public static partial Regex Punctuation();

    [GeneratedRegex("""<[a-z][^>]*\b(?:id|name)="(?<id>[^"]+)""", RegexOptions.IgnoreCase)]
    public static partial Regex Id();
}
