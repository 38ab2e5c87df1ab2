export * from './dialect.ts';
export * from './engine.ts';
export * from './sql.ts';
