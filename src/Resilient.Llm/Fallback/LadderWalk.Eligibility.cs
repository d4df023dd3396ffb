namespace Resilient.Llm;

/// <content>Who may be asked this question at all.</content>
internal sealed partial class LadderWalk
{
    /// <summary>Why a model may not be asked this question at all; null when it may.</summary>
    private string? WhyNot(Rung rung)
    {
        if (!trace.Residency.Allows(rung.Endpoint.Geography))
        {
            _wasRefusedByResidency = true;
            trace.Trail.Refuse(rung.Endpoint, $"the data may only go to: {trace.Residency}");
            return "outside the residency";
        }

        if (_isContextTooLong && !(rung.ContextWindow > _windowTooSmall))
        {
            return "context window not declared larger";
        }

        return IsBoundToFirst() && !TakesProviderFields(rung) ? "conversation is held by the first model" : null;
    }

    /// <summary>Whether an attempt that goes on may answer what another one failed with for good.</summary>
    public bool MayStillAnswer(in LadderStep running, in LadderStep failed) =>
        !trace.IsCancelledByCaller && (!failed.IsFirst || (_lastKind == FailureKind.ContextTooLong && running.Rung.ContextWindow > _windowTooSmall));

    private bool HasLaterModel()
    {
        for (var i = _index + 1; i < _rungs.Length; i++)
        {
            if (MayTakeOver(_rungs[i]))
            {
                return true;
            }
        }

        return _passedOver?.Any(MayTakeOver) == true;
    }

    private bool MayTakeOver(Rung rung) =>
        rung.Local is null
        && (rung.Level == 0 || options.AllowFallback)
        && trace.Residency.Allows(rung.Endpoint.Geography)
        && (!IsBoundToFirst() || TakesProviderFields(rung))
        && (!_isContextTooLong || rung.ContextWindow > _windowTooSmall)
        && (rung.Availability is null || rung.Availability.Check().IsAvailable);

    private bool HasLocalRungBelow()
    {
        for (var i = _index + 1; i < _rungs.Length; i++)
        {
            if (_rungs[i].Local is not null)
            {
                return options.AllowFallback;
            }
        }

        return false;
    }

    private bool StepsToLargerModel(in LadderStep step)
    {
        _isContextTooLong = true;
        _windowTooSmall = Math.Max(step.Rung.ContextWindow ?? int.MaxValue, _windowTooSmall ?? 0);
        return !step.IsFirst || HasLaterModel();
    }

    /// <summary>State that the provider holds cannot be had from another one.</summary>
    private bool IsBoundToFirst() => options.ConversationId is not null || options.ContinuationToken is not null;

    private static bool TakesProviderFields(Rung rung) => rung.AcceptsProviderFields || rung.Level == 0;
}
