import { useEffect, useState } from 'react';

/** The time, brought up to date every `period` milliseconds as long as it is wanted. */
export function useNow(period: number, isWanted: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isWanted) {
      return;
    }
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), period);
    return () => clearInterval(timer);
  }, [period, isWanted]);
  return now;
}
