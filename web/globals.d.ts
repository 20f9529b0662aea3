// What the scripts take from a page: of MathJax 2, reveal.js and JupyterLab no more than they use.

interface Window {
    MathJax: object;
    _JUPYTERLAB?: Record<string, object>;
}

declare const MathJax: {
    Hub: {
        Queue(...calls: unknown[]): void;
        Register: {StartupHook(event: string, call: () => void): void};
    };
};

declare const Reveal: {
    initialize(options: {
        keyboardCondition: (event: KeyboardEvent) => boolean;
        [option: string]: unknown;
    }): Promise<void>;
    isReady(): boolean;
    getCurrentSlide(): HTMLElement;
    getIndices(slide: HTMLElement): {h: number; v: number};
    slide(h: number, v: number): void;
    on(event: string, listen: (event: {currentSlide: HTMLElement}) => void): void;
};

declare const RevealNotes: object;
