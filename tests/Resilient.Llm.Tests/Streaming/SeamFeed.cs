using System.Text;

namespace Resilient.Llm.Tests;

internal static class SeamFeed
{
    /// <summary>Feeds all parts and ends; checks on the way that nothing is released but by the verdict that it fits, and that a verdict stands.</summary>
    public static (SeamVerdict Verdict, string Text) All(Seam seam, IEnumerable<string> parts)
    {
        var all = new StringBuilder();
        var verdict = SeamVerdict.Pending;
        foreach (var part in parts)
        {
            Note(seam.Feed(part, out var released), released);
        }

        Note(seam.End(out var last), last);
        Assert.NotEqual(SeamVerdict.Pending, verdict);
        return (verdict, all.ToString());

        void Note(SeamVerdict next, string released)
        {
            Assert.True(verdict == SeamVerdict.Pending || verdict == next);
            Assert.True(next == SeamVerdict.Joined || released.Length == 0);
            verdict = next;
            all.Append(released);
        }
    }
}
