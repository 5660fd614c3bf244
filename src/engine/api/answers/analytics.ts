import type {z} from 'zod';
import type {Utilisation} from '../../coordinator/requests/utilisation.ts';
import type {Trend} from '../../coordinator/store/store.ts';
import type {trendsAnswer, utilisationAnswer} from '../schemas/analytics.ts';
import {timeText} from '../schemas/wire.ts';

export const trendOf = (trend: Trend): z.output<typeof trendsAnswer>['items'][number] => {
  const {at, submitted, succeeded, failed, cancelled, waited, ran} = trend;
  return {at: timeText(at), submitted, succeeded, failed, cancelled, waited: {...waited}, ran: {...ran}};
};

export const utilisationAnswerOf = ({items, all}: Utilisation, now: number): z.output<typeof utilisationAnswer> => ({
  at: timeText(now),
  items: items.map(item => ({...item})),
  all: {...all},
});
