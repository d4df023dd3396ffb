namespace Resilient.Llm.ContractTests;

/// <summary>What had come of a stream when its fault struck: the columns of the contract table.</summary>
public enum StreamPhase
{
    BeforeContent,
    AfterReasoning,
    AfterText,
    AfterToolCall,
}
