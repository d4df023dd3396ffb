namespace Resilient.Llm.Architecture;

/// <summary>What is wrong with the uses between rooms.</summary>
internal static class RoomRules
{
    /// <summary>Every use of a type in a room of a higher level, and every use within a level that the list does not name.</summary>
    public static IEnumerable<string> ForbiddenUses(IEnumerable<RoomUse> uses, Levels levels) => uses
        .Where(use => !levels.Allow(use.Room, use.UsedRoom))
        .Select(use => $"{use}: level {levels.Of(use.Room)} uses level {levels.Of(use.UsedRoom)}");

    /// <summary>The first use between each two rooms that belong to a cycle: the used room also uses, directly or through others, the room that uses it.</summary>
    public static IEnumerable<string> CircularUses(IReadOnlyCollection<RoomUse> uses)
    {
        var used = uses.ToLookup(static use => use.Room, static use => use.UsedRoom);
        return uses
            .DistinctBy(static use => (use.Room, use.UsedRoom))
            .Where(use => Reaches(use.UsedRoom, use.Room, used))
            .Select(static use => $"{use}: part of a cycle");
    }

    private static bool Reaches(string from, string to, ILookup<string, string> used)
    {
        var seen = new HashSet<string> { from };
        var open = new Stack<string>(seen);
        while (open.TryPop(out var room))
        {
            if (room == to)
            {
                return true;
            }

            foreach (var next in used[room].Where(seen.Add))
            {
                open.Push(next);
            }
        }

        return false;
    }
}
