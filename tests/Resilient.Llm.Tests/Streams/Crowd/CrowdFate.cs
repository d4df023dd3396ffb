using System.Globalization;

namespace Resilient.Llm.Tests;

/// <summary>What becomes of one stream of the crowd.</summary>
internal enum CrowdFate
{
    /// <summary>Read to its end.</summary>
    Whole,

    /// <summary>The provider's connection breaks in the middle of the answer.</summary>
    Cut,

    /// <summary>The provider stops dead in the middle of the answer.</summary>
    Stalled,

    /// <summary>The provider shows no life at all.</summary>
    Hung,

    /// <summary>The consumer disposes it while it waits for the next update.</summary>
    LeftWhileWaiting,

    /// <summary>The consumer has read enough.</summary>
    LeftBetweenUpdates,

    /// <summary>The consumer cancels while it waits for the next update.</summary>
    Cancelled,
}

/// <summary>Of ten thousand streams 1 % is cut, 1 % stalls, and 0.5 % each meet another fate. The answer to each question is known.</summary>
internal static class CrowdPlan
{
    private static readonly string[] _words =
        ["rivers", "mountains", "forests", "deserts", "oceans", "islands", "valleys", "glaciers", "meadows", "canyons", "lagoons", "prairies"];

    public static CrowdFate FateOf(int number) => (number % 200) switch
    {
        3 or 104 => CrowdFate.Cut,
        21 or 24 => CrowdFate.Stalled,
        42 => CrowdFate.Hung,
        63 => CrowdFate.LeftWhileWaiting,
        84 => CrowdFate.LeftBetweenUpdates,
        125 => CrowdFate.Cancelled,
        _ => CrowdFate.Whole,
    };

    /// <summary>The pieces of the answer, one update each.</summary>
    public static string[] AnswerTo(int number) =>
        [.. _words.Take(6 + (number % 7)).Select(word => string.Create(CultureInfo.InvariantCulture, $"{word} of answer {number} and "))];

    /// <summary>After how many pieces a fault strikes, or the consumer has read enough. All are read after the first, for which everybody waits.</summary>
    public static int TurnsAfter(int number) => 2 + (number % 3);
}
