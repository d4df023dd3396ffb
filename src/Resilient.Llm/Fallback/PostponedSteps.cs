using System.Diagnostics.CodeAnalysis;
using Resilient.Llm.Endpoints;

namespace Resilient.Llm.Fallback;

/// <summary>The steps of one request that were passed over and may be asked later, when better ones have failed.</summary>
internal sealed class PostponedSteps
{
    // Slow steps first, then those in drained regions.
    private readonly List<Step> _lastChoices = [];
    private readonly Queue<Step> _passedByHedge = [];
    private readonly Queue<Step> _leftToProbe = [];
    private int _slowCount;

    /// <summary>Whether a slow step, or one in a drained region, is left.</summary>
    public bool HasLastChoice => _lastChoices.Count > 0;

    /// <summary>Keeps an unavailable step.</summary>
    public void Add(Step step, in Availability availability)
    {
        if (availability.IsDrained)
        {
            _lastChoices.Add(step);
        }
        else if (availability.IsSlow)
        {
            _lastChoices.Insert(_slowCount++, step);
        }
        else if (availability.IsLeftToProbe)
        {
            _leftToProbe.Enqueue(step);
        }
        else
        {
            AddPassedByHedge(step);
        }
    }

    /// <summary>Keeps a step that was unavailable or half-open for a hedge. It may be back when the slow model fails.</summary>
    public void AddPassedByHedge(Step step) => _passedByHedge.Enqueue(step);

    public bool AnyPassedByHedge(Func<Step, bool> predicate) => _passedByHedge.Any(predicate);

    public bool TryTakePassedByHedge([NotNullWhen(true)] out Step? step) => _passedByHedge.TryDequeue(out step);

    /// <summary>Takes a slow or drained step: a late answer is better than none.</summary>
    public bool TryTakeLastChoice([NotNullWhen(true)] out Step? step)
    {
        step = null;
        if (!HasLastChoice)
        {
            return false;
        }

        step = _lastChoices[0];
        _lastChoices.RemoveAt(0);
        _slowCount = Math.Max(0, _slowCount - 1);
        return true;
    }

    /// <summary>Takes a step that is about to be probed: if nothing else has answered, the request is the probe.</summary>
    public bool TryTakeLeftToProbe([NotNullWhen(true)] out Step? step) => _leftToProbe.TryDequeue(out step);
}
