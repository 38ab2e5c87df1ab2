export * from './dialect.ts';
export { openDuckDB } from './duckdb/index.ts';
export * from './engine.ts';
export * from './lock.ts';
export * from './sql.ts';
export * from './stage.ts';
export * from './store.ts';
