using System.Globalization;
using System.Text.RegularExpressions;

namespace Resilient.Llm.Architecture;

/// <summary>`docs/architecture.md` draws each package's rooms as a code block: one line for a room, the level before the first room of each.</summary>
public partial class ArchitectureDocTests
{
    [Theory]
    [InlineData("Resilient.Llm", 0)]
    [InlineData("Resilient.Llm.Chaos", 1)]
    public void RoomsInTheDocs_AreThoseOfTheTest(string package, int block)
    {
        var levels = Package.Of(package).Levels;

        Assert.Equal(
            levels.Rooms.Select(room => $"{levels.Of(room)} {room}").Order(StringComparer.Ordinal),
            Drawn(block).Select(static room => $"{room.Level} {room.Name}").Order(StringComparer.Ordinal));
    }

    private static IEnumerable<(int Level, string Name)> Drawn(int block)
    {
        var text = File.ReadAllText(Path.Combine(Sources.Root, "docs/architecture.md"));
        var section = text.Split("\n## ").Single(static part => part.StartsWith("Rooms\n", StringComparison.Ordinal));
        var level = -1;
        foreach (var line in section.Split("```")[(2 * block) + 1].Trim('\n').Split('\n'))
        {
            var room = RoomLine().Match(line);
            Assert.True(room.Success, $"Not a line of a room: {line}");
            level = room.Groups["level"].Success ? int.Parse(room.Groups["level"].Value, CultureInfo.InvariantCulture) : level;
            yield return (level, room.Groups["name"].Value);
        }
    }

    /// <summary>Level (or blanks), name, what it is.</summary>
    [GeneratedRegex(@"^ *(?:(?<level>\d+) +)?(?<name>\w+)  +\S")]
    private static partial Regex RoomLine();
}
