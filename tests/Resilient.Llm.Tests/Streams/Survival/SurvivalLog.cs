using System.Globalization;
using System.Text;

namespace Resilient.Llm.Tests;

/// <summary>Everything that happened in one run, in order: a failing run prints it, and two runs of one seed must have the same.</summary>
internal sealed class SurvivalLog(TimeProvider clock)
{
    private readonly long _start = clock.GetTimestamp();
    private readonly StringBuilder _events = new();
    private readonly List<string> _violations = [];

    public int Count { get; private set; }

    public IReadOnlyList<string> Violations => _violations;

    public void Add(string who, string what)
    {
        Count++;
        _events.Append(CultureInfo.InvariantCulture, $"{clock.GetElapsedTime(_start).TotalSeconds,9:0.000} {who}: {what}\n");
    }

    /// <summary>The contract was broken.</summary>
    public void Violation(string who, string what)
    {
        _violations.Add($"{who}: {what}");
        Add(who, "!!! " + what);
    }

    public override string ToString() => _events.ToString();
}
