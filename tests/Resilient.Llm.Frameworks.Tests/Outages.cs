using Resilient.Llm.Loopback;

namespace Resilient.Llm.Frameworks.Tests;

/// <summary>Faults drawn at random, the same ones for the same seed. Each comes before anything has been delivered.</summary>
internal sealed class Outages(int seed)
{
    private static readonly Script[] s_faults =
    [
        Script.Status(503),
        Script.Overloaded(),
        Script.RateLimited(),
        Script.Unauthorized(),
        Script.NotFound(),
        Script.ConnectionReset(),
        Script.ErrorEventAfter(0),
        Script.EndAfter(0),
        Script.CutAfter(0),
        Script.Empty200(),
    ];

    private readonly Random _random = new(seed);

    /// <summary>How many requests failed.</summary>
    public int Count { get; private set; }

    /// <summary>One request of two.</summary>
    public Script? Often(PlayedModel.Moment moment) => Draw(2);

    /// <summary>One request of five.</summary>
    public Script? Seldom(PlayedModel.Moment moment) => Draw(5);

    /// <summary>A user asks one provider at a time, but servers have threads of their own.</summary>
    private Script? Draw(int oneOf)
    {
        lock (_random)
        {
            if (_random.Next(oneOf) != 0)
            {
                return null;
            }

            Count++;
            return s_faults[_random.Next(s_faults.Length)];
        }
    }
}
