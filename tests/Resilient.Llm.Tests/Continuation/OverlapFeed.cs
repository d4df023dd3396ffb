using System.Text;
using Resilient.Llm.Continuation;

namespace Resilient.Llm.Tests;

internal static class OverlapFeed
{
    /// <summary>Feeds all parts and ends; checks on the way that nothing is released but by the verdict that it fits, and that a verdict stands.</summary>
    public static (OverlapResult Verdict, string Text) All(OverlapTrimmer seam, IEnumerable<string> parts)
    {
        var all = new StringBuilder();
        var verdict = OverlapResult.Pending;
        foreach (var part in parts)
        {
            Note(seam.Feed(part, out var released), released);
        }

        Note(seam.End(out var last), last);
        Assert.NotEqual(OverlapResult.Pending, verdict);
        return (verdict, all.ToString());

        void Note(OverlapResult next, string released)
        {
            Assert.True(verdict == OverlapResult.Pending || verdict == next);
            Assert.True(next == OverlapResult.Joined || released.Length == 0);
            verdict = next;
            all.Append(released);
        }
    }
}
